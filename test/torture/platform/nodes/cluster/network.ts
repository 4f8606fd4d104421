/**
 * A network of machines on this machine: each has a network namespace with an address of its own, and all are on
 * one bridge, as is this process. Machines can be cut off from each other. It needs the rights of root.
 */
import { execFileSync } from "node:child_process";

/** Names of links have at most 15 characters. */
const PREFIX = "cof";

/** Networks of this process. */
let count = 0;

function run(command: string, ...args: string[]): void {
	execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });
}

export interface Machine {
	readonly host: string;
	/** A command that starts another one on the machine. */
	readonly enter: readonly string[];
}

export class TestNetwork implements Disposable {
	readonly #bridge: string;
	readonly #subnet: string;
	readonly #machines: Machine[] = [];
	readonly #names: string[] = [];

	constructor() {
		// Other runs on this machine have other names and addresses.
		this.#bridge = `${PREFIX}${process.pid.toString(36)}n${count++}`;
		this.#subnet = `10.${100 + (process.pid % 100)}.${(Math.floor(process.pid / 100) + count) % 250}`;
		run("ip", "link", "add", this.#bridge, "type", "bridge");
		run("ip", "addr", "add", `${this.own}/24`, "dev", this.#bridge);
		run("ip", "link", "set", this.#bridge, "up");
	}

	/** The address of this process. */
	get own(): string {
		return `${this.#subnet}.1`;
	}

	add(): Machine {
		const index = this.#machines.length;
		const [name, link] = [`${this.#bridge}-${index}`, `${this.#bridge}v${index}`];
		const host = `${this.#subnet}.${index + 2}`;
		run("ip", "netns", "add", name);
		this.#names.push(name);
		run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name);
		run("ip", "link", "set", link, "master", this.#bridge, "up");
		for (const words of ["addr add HOST/24 dev eth0", "link set eth0 up", "link set lo up"])
			run("ip", "-n", name, ...words.replace("HOST", host).split(" "));
		// Not `ip netns exec`, which also hides the control groups.
		const machine = { host, enter: ["nsenter", `--net=/run/netns/${name}`] };
		this.#machines.push(machine);
		return machine;
	}

	/** Drops all packets between a machine and others, in both directions, until `heal`. */
	cut({ enter }: Machine, others: readonly Machine[]): void {
		const hosts = others.map(({ host }) => host).join(", ");
		const rules = `table inet cut {
			chain in { type filter hook input priority 0; ip saddr { ${hosts} } drop; }
			chain out { type filter hook output priority 0; ip daddr { ${hosts} } drop; }
		}`;
		const [command = "", ...args] = [...enter, "nft", "-f", "-"];
		execFileSync(command, args, { input: rules, stdio: ["pipe", "ignore", "pipe"] });
	}

	/** Ends all cuts of a machine. Does nothing if there are none. */
	heal({ enter }: Machine): void {
		const [command = "", ...args] = [...enter, "nft", "flush", "ruleset"];
		run(command, ...args);
	}

	[Symbol.dispose](): void {
		for (const [index, name] of this.#names.entries()) {
			// With its last process, a namespace ends some time later, and its link with it.
			run("ip", "link", "del", `${this.#bridge}v${index}`);
			run("ip", "netns", "del", name);
		}
		run("ip", "link", "del", this.#bridge);
	}
}
