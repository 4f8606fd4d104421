/**
 * The network namespace to which the networks of all functions are connected, and in which the egress proxy listens. It
 * is separate from the machine's network, and every address is local in it. A process keeps it open, and ends with the
 * platform, even if the platform is killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { NAME_SERVER } from "../addressing.ts";
import { PROXY_PORT } from "../proxy/inherited-sockets.ts";
import type { Tools } from "./tools.ts";

/**
 * The packet filter's rules for packets from functions. TCP goes to the proxy with its destination kept (`tproxy`).
 * DNS by UDP goes to the name server. All other packets are dropped, and so are packets whose source is not the
 * address of their interface.
 */
export function rulesFor(hasV6: boolean): string {
	const v6 = [
		`meta nfproto ipv6 meta l4proto tcp tproxy ip6 to :${PROXY_PORT} accept`,
		"meta nfproto ipv6 udp dport 53 accept",
	];
	return `
table inet coffer {
	chain to_name_server {
		type nat hook prerouting priority dstnat;
		iifname "f*" meta nfproto ipv4 udp dport 53 dnat ip to ${NAME_SERVER.v4}
		${hasV6 ? `iifname "f*" meta nfproto ipv6 udp dport 53 dnat ip6 to ${NAME_SERVER.v6}` : ""}
	}
	chain to_proxy {
		type filter hook prerouting priority mangle;
		iifname != "f*" accept
		fib saddr . iif oif missing drop
		meta nfproto ipv4 meta l4proto tcp tproxy ip to :${PROXY_PORT} accept
		meta nfproto ipv4 udp dport 53 accept
		${hasV6 ? v6.join("\n\t\t") : ""}
		drop
	}
	chain between_functions {
		type filter hook forward priority filter; policy drop;
	}
}
`;
}

const SCRIPT = `set -e
"$1" link set lo up
"$1" addr add ${NAME_SERVER.v4}/32 dev lo
"$1" route add local default dev lo table main
if [ "$3" = v6 ]; then
	"$1" addr add ${NAME_SERVER.v6}/128 dev lo nodad
	"$1" -6 route add local default dev lo table main
fi
printf %s "$4" | "$2" -f -
echo ready
exec cat >/dev/null`;

export class ProxyNamespace {
	readonly pid: number;
	/** The path that identifies the namespace. */
	readonly path: string;
	/** Settles when the namespace no longer exists. Then the networks of all functions no longer exist either. */
	readonly ended: Promise<unknown>;
	readonly #holder: ChildProcess;

	private constructor(holder: ChildProcess) {
		this.#holder = holder;
		this.pid = holder.pid ?? -1;
		this.path = `/proc/${this.pid}/ns/net`;
		this.ended = once(holder, "close");
	}

	/** Creates the namespace. @throws Error with the output of the system's programs if that fails */
	static async open({ ip, nft, unshare }: Tools, hasV6: boolean): Promise<ProxyNamespace> {
		const args = ["sh", ip, nft, hasV6 ? "v6" : "v4", rulesFor(hasV6)];
		const holder = spawn(unshare, ["--net", "--", "/bin/sh", "-c", SCRIPT, ...args], {
			cwd: "/",
			env: { PATH: "/usr/bin:/bin" },
			stdio: ["pipe", "pipe", "pipe"],
			// Ctrl-C in the platform's terminal must not end the network before the functions.
			detached: true,
		});
		holder.stdin.on("error", () => {});
		let stderr = "";
		holder.stderr.setEncoding("utf8").on("data", (text: string) => {
			stderr = (stderr + text).slice(-1_000);
		});
		const lines = createInterface({ input: holder.stdout });
		const failed = once(holder, "close").then(() =>
			Promise.reject(new Error(stderr.trim() || "unshare failed without a message")),
		);
		failed.catch(() => {});
		await Promise.race([once(lines, "line"), failed]);
		return new ProxyNamespace(holder);
	}

	async close(): Promise<void> {
		this.#holder.kill("SIGKILL");
		await this.ended;
	}
}
