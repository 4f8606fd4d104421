/**
 * The main module of the egress proxy's process. It inherits the sockets that `egress-sockets.ts` opened in the network
 * namespace of functions, drops root privileges, and follows the platform's messages until its standard input ends. The
 * build bundles it as a separate program.
 */
import { createSocket } from "node:dgram";
import {
	lookup,
	resolveCname,
	resolveMx,
	resolveNs,
	resolvePtr,
	resolveSrv,
	resolveTxt,
} from "node:dns/promises";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { createInterface } from "node:readline";
import { canonicalAddress } from "../public-addresses.ts";
import { INHERITED_SOCKETS } from "./inherited-sockets.ts";
import type { Order, Report } from "./messages.ts";
import { EgressProxy } from "./proxy.ts";

const OWN_ADDRESSES_MS = 1_000;

/** Reads the addresses of this machine's interfaces. They can change, so the result is cached for one second only. */
function ownAddressReader(): () => ReadonlySet<string> {
	let cached: ReadonlySet<string> = new Set();
	let readMs = Number.NEGATIVE_INFINITY;
	return () => {
		if (performance.now() - readMs > OWN_ADDRESSES_MS) {
			const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
			cached = new Set(interfaces.map(({ address }) => canonicalAddress(address)));
			readMs = performance.now();
		}
		return cached;
	};
}

const report = (message: Report) => void process.stdout.write(`${JSON.stringify(message)}\n`);

function begin(allowNet: readonly string[]): EgressProxy {
	const resolver = { lookup, resolveCname, resolveMx, resolveNs, resolvePtr, resolveSrv, resolveTxt };
	const nowMs = () => performance.now();
	return new EgressProxy({ allowNet, ownAddresses: ownAddressReader(), resolver, nowMs, report });
}

async function listen(proxy: EgressProxy, hasV6: boolean): Promise<void> {
	const families = hasV6 ? (["v4", "v6"] as const) : (["v4"] as const);
	const bound = families.map(async (family) => {
		const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
			proxy.accept(client),
		);
		const datagrams = createSocket(family === "v4" ? "udp4" : "udp6");
		datagrams.on("message", (message, from) => void proxy.query(message, from, datagrams));
		// If an answer cannot be sent, the client repeats its query.
		datagrams.on("error", () => {});
		await Promise.all([
			new Promise<void>((resolve) => server.listen({ fd: INHERITED_SOCKETS[family].tcp }, resolve)),
			new Promise<void>((resolve) => datagrams.bind({ fd: INHERITED_SOCKETS[family].udp }, resolve)),
		]);
	});
	await Promise.all(bound);
}

function dropRoot(user: { uid: number; gid: number }): void {
	process.setgroups?.([]);
	process.setgid?.(user.gid);
	process.setuid?.(user.uid);
}

async function main(hasV6: boolean): Promise<void> {
	let proxy: EgressProxy | undefined;
	const orders = createInterface({ input: process.stdin });
	orders.on("close", () => process.exit(0));
	for await (const line of orders) {
		const order: Order = JSON.parse(line);
		if (order.do === "begin") {
			if (order.user !== null) dropRoot(order.user);
			proxy = begin(order.allowNet);
			await listen(proxy, hasV6);
			report({ event: "ready" });
		} else if (order.do === "admit") proxy?.admit(order.addresses, order.network);
		else proxy?.dismiss(order.addresses);
	}
}

// Ctrl-C in a terminal signals the whole process group. Only the platform ends the proxy.
process.on("SIGINT", () => {});
void main(process.argv.includes("--ipv6"));
