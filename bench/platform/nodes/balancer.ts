/**
 * A load balancer over HTTP, as small as one can be: it asks each node whether it takes requests (`GET /readyz`), sends
 * each request to one that does, over connections that it keeps, and repeats nothing.
 */
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

const ASK_MS = 250;

export interface BalancedNode {
	readonly listen: string;
	readonly control: string;
}

export interface Balancer extends AsyncDisposable {
	readonly url: string;
	/** Resolves when it sends requests to a node, or no longer. */
	when(node: BalancedNode, isReady: boolean): Promise<void>;
	/** Why requests failed. */
	readonly faults: string[];
}

export async function balance(nodes: readonly BalancedNode[]): Promise<Balancer> {
	const readyNodes = new Set<BalancedNode>(nodes);
	const agent = new Agent({ keepAlive: true });
	const faults: string[] = [];
	const ask = async (node: BalancedNode) => {
		const answer = await fetch(`${node.control}/readyz`, { signal: AbortSignal.timeout(1_000) }).catch(
			() => undefined,
		);
		if (answer?.ok === true) readyNodes.add(node);
		else readyNodes.delete(node);
	};
	const timer = setInterval(() => nodes.forEach((node) => void ask(node)), ASK_MS);
	let turn = 0;
	const server = createServer((incoming, outgoing) => {
		const all = [...readyNodes];
		const node = all[turn++ % all.length];
		const fail = (why: string) => {
			faults.push(`${node?.listen}: ${why}`);
			if (!outgoing.headersSent) outgoing.writeHead(502);
			outgoing.end();
		};
		if (node === undefined) return fail("no node is ready");
		const { headers, method = "GET", url = "/" } = incoming;
		const passed = request(node.listen + url, { agent, method, headers }, (answer) => {
			if ((answer.statusCode ?? 0) >= 400) faults.push(`${node.listen}: ${answer.statusCode}`);
			outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(outgoing);
			answer.on("error", (error) => fail(error.message));
		});
		passed.on("error", (error) => fail(error.message));
		incoming.pipe(passed);
	});
	// Longer than any pause of the client: a connection that is closed as a request arrives fails in the balancer itself.
	server.keepAliveTimeout = 600_000;
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		faults,
		when: async (node, isReady) => {
			while (readyNodes.has(node) !== isReady)
				await new Promise((resolve) => setTimeout(resolve, ASK_MS / 2));
		},
		[Symbol.asyncDispose]: async () => {
			clearInterval(timer);
			agent.destroy();
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

export interface Sent {
	requests: number;
	/** Why requests failed. */
	readonly failures: string[];
	readonly ms: number[];
}

/** Sends POST requests at a rate until the signal aborts. Resolves when all are answered. */
export async function sendUntil(url: string, perSecond: number, ended: AbortSignal): Promise<Sent> {
	const sent: Sent = { requests: 0, failures: [], ms: [] };
	const open = new Set<Promise<void>>();
	const send = async () => {
		const startMs = performance.now();
		sent.requests++;
		await fetch(url, { method: "POST", body: "x".repeat(100) }).then(
			async (answer) => {
				const text = await answer.text();
				if (!answer.ok || text === "") sent.failures.push(String(answer.status));
			},
			(error: Error) => sent.failures.push(String(error.cause ?? error)),
		);
		sent.ms.push(performance.now() - startMs);
	};
	while (!ended.aborted) {
		const request: Promise<void> = send().finally(() => open.delete(request));
		open.add(request);
		await new Promise((resolve) => setTimeout(resolve, 1000 / perSecond));
	}
	await Promise.all(open);
	return sent;
}
