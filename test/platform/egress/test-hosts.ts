/**
 * A network for tests: one namespace in which the platform's parts run, and a second one for a host with many public
 * and private addresses, which the first one reaches. No packet leaves the two.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";

export const HTTP_PORT = 80;
export const UDP_PORT = 9_999;
const PUBLIC_V4 = "11.0.0.10";
const PUBLIC_V6 = "2600:1f00::10";
/** Addresses outside of the public internet. The test host answers at them. */
export const PRIVATE = [
	"10.1.2.3",
	"10.255.255.254",
	"100.64.0.1",
	"100.100.100.200",
	"169.254.169.254",
	"169.254.170.2",
	"172.16.0.9",
	"172.31.255.254",
	"192.0.0.192",
	"192.168.1.9",
	"192.0.2.9",
	"198.51.100.9",
	"203.0.113.9",
	"198.19.255.9",
	"fd00:ec2::254",
	"fd20:ce::254",
	"fd12:3456::9",
	"fc00::9",
	"2001:db8::9",
	"2002:0a01:0203::9",
	"64:ff9b::a01:203",
];
export const PUBLIC = [PUBLIC_V4, PUBLIC_V6] as const;
/** Names and their addresses. */
export const NAMES = {
	"api.example": PUBLIC_V4,
	"other.example": PUBLIC_V4,
	"elsewhere.example": "11.0.0.11",
	"six.example": PUBLIC_V6,
	"inside.example": "10.1.2.3",
} as const;

const SERVER = `
const http = require("node:http"), dgram = require("node:dgram");
http.createServer((request, response) => response.end("reached")).listen(${HTTP_PORT}, "::", () => {
	const socket = dgram.createSocket("udp6").bind(${UDP_PORT});
	socket.on("message", (message, { address, port }) => socket.send("reached", port, address));
	// A name server that knows no name.
	const names = dgram.createSocket("udp6").bind(53);
	names.on("message", (query, { address, port }) => { query[2] |= 0x80; query[3] = 0x83; names.send(query, port, address); });
	console.log("listening");
});`;

const ip = (...args: string[]) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
const isV6 = (address: string) => address.includes(":");

let count = 0;

export class TestHosts {
	/** The names of the two namespaces. */
	readonly inner: string;
	readonly outer: string;
	#server: ChildProcess | undefined;

	private constructor(name: string) {
		this.inner = `${name}-in`;
		this.outer = `${name}-out`;
	}

	/** @param command the server that listens at the test host's addresses; it writes something when it is ready */
	static async open(command: readonly string[] = [process.execPath, "-e", SERVER]): Promise<TestHosts> {
		const hosts = new TestHosts(`coffer-test-${process.pid}-${count++}`);
		const { inner, outer } = hosts;
		for (const name of [inner, outer]) {
			ip("netns", "add", name);
			ip("-n", name, "link", "set", "lo", "up");
		}
		ip("-n", inner, "link", "add", "e0", "type", "veth", "peer", "name", "e0", "netns", outer);
		for (const [name, end] of [
			[inner, 1],
			[outer, 2],
		] as const) {
			ip("-n", name, "addr", "add", `10.77.0.${end}/24`, "dev", "e0");
			ip("-n", name, "addr", "add", `fd77::${end}/64`, "dev", "e0", "nodad");
			ip("-n", name, "link", "set", "e0", "up");
		}
		ip("-n", inner, "route", "add", "default", "via", "10.77.0.2");
		ip("-n", inner, "-6", "route", "add", "default", "via", "fd77::2");
		for (const address of [...PRIVATE, ...PUBLIC, "11.0.0.11"])
			ip("-n", outer, "addr", "add", `${address}/${isV6(address) ? 128 : 32}`, "dev", "lo");
		// Programs in the namespace see these files instead of the machine's.
		mkdirSync(`/etc/netns/${inner}`, { recursive: true });
		const lines = Object.entries(NAMES).map(([name, address]) => `${address} ${name}\n`);
		writeFileSync(`/etc/netns/${inner}/hosts`, `127.0.0.1 localhost\n${lines.join("")}`);
		writeFileSync(`/etc/netns/${inner}/resolv.conf`, "nameserver 10.77.0.2\n");
		const server = spawn("ip", ["netns", "exec", outer, ...command], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		hosts.#server = server;
		await once(server.stdout, "data");
		return hosts;
	}

	/** Starts a Node program in the platform's namespace. Resolves with the parsed JSON of the first line that it writes. */
	async run<T>(
		program: string,
		...args: string[]
	): Promise<{ child: ChildProcess; lines: Interface; firstLine: T }> {
		const child = spawn("ip", ["netns", "exec", this.inner, process.execPath, program, ...args], {
			stdio: ["pipe", "pipe", "inherit"],
		});
		const lines = createInterface({ input: child.stdout });
		const ended = once(child, "close").then(([code]) =>
			Promise.reject(new Error(`${program} ended with status ${code}.`)),
		);
		ended.catch(() => {});
		const [line] = await Promise.race([once(lines, "line"), ended]);
		return { child, lines, firstLine: JSON.parse(String(line)) };
	}

	close(): void {
		this.#server?.kill("SIGKILL");
		for (const name of [this.inner, this.outer]) ip("netns", "del", name);
		rmSync(`/etc/netns/${this.inner}`, { recursive: true, force: true });
	}
}
