/**
 * The egress proxy as a process: it adopts the sockets that `open-sockets.ts` opened in the functions' side of the
 * network, gives up root, and follows the platform's orders until its standard input ends. Built as a program of its own.
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

/** The addresses of this machine's interfaces, looked up again after a second: they come and go. */
function ownAddressReader(): () => ReadonlySet<string> {
	let known: ReadonlySet<string> = new Set();
	let readMs = Number.NEGATIVE_INFINITY;
	return () => {
		if (performance.now() - readMs > OWN_ADDRESSES_MS) {
			const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
			known = new Set(interfaces.map(({ address }) => canonicalAddress(address)));
			readMs = performance.now();
		}
		return known;
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
		// A datagram that cannot be answered is asked again by whoever asked.
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

// Ctrl-C in a terminal reaches the whole process group; the platform alone decides when the proxy ends.
process.on("SIGINT", () => {});
void main(process.argv.includes("--ipv6"));
