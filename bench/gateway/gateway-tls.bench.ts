/** The gateway with TLS, compared with nginx with the same certificate, and with HTTP/2 by Node's own client. */
import { once } from "node:events";
import { connect } from "node:http2";
import { request } from "node:https";
import { Authority } from "../../test/stories/support/network/authority.ts";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import { makeProject, startPlatform } from "../platform/running-platform.ts";
import { HANDLER, startFunctions, startNginx } from "./gateway-peers.ts";
import { load } from "./load.ts";

const PAIRS = 5;
const STREAMS = 32;
const SECONDS = 5;
const perSecond = (value: number) => `${Math.round(value).toLocaleString("en")} req/s`;

/** Waits until a server answers. */
async function served(url: string): Promise<void> {
	for (;;) {
		const outgoing = request(url, { rejectUnauthorized: false, agent: false }).end();
		const answered = await once(outgoing, "response").then(
			([response]) => response.resume().statusCode === 200,
			() => false,
		);
		if (answered) return;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

/** Requests on one connection of HTTP/2, as many at a time as there are streams. @returns requests per second */
async function http2Load(url: string, seconds: number): Promise<number> {
	const { origin, pathname } = new URL(url);
	const session = connect(origin, { rejectUnauthorized: false });
	const untilMs = performance.now() + seconds * 1_000;
	let count = 0;
	const worker = async () => {
		while (performance.now() < untilMs) {
			const stream = session.request({ ":path": pathname });
			await stream.resume().toArray();
			count++;
		}
	};
	await Promise.all(Array.from({ length: STREAMS }, worker));
	session.close();
	return count / seconds;
}

async function measure(
	context: BenchContext,
	servers: Readonly<Record<string, string>>,
	ask: (url: string) => Promise<number>,
): Promise<Record<string, number>> {
	const measured: Record<string, number[]> = {};
	for (let pair = 0; pair < context.pairs(PAIRS); pair++)
		for (const [name, url] of Object.entries(servers))
			measured[name] = [...(measured[name] ?? []), await ask(url)];
	return Object.fromEntries(Object.entries(measured).map(([name, values]) => [name, median(values)]));
}

function row(figure: string, { gateway = 0, nginx }: Record<string, number>): Row {
	const ratio = nginx === undefined ? undefined : gateway / nginx;
	return {
		figure,
		target: "none",
		measured:
			ratio === undefined ? perSecond(gateway) : `${ratio.toFixed(2)} × nginx (${perSecond(gateway)})`,
		beside: nginx === undefined ? "nginx is not installed" : `nginx: ${perSecond(nginx)}`,
		reached: true,
	};
}

export const bench: Bench = {
	name: "the gateway with TLS",
	async run(context) {
		using authority = new Authority();
		const { cert, key } = authority.issue("bench");
		const flags = ["--gateway-tls-cert", cert, "--gateway-tls-key", key];
		await using platform = await startPlatform(context, ...flags);
		const files = { "functions/hello/index.ts": `Deno.serve(${HANDLER});\n` };
		await makeProject(context, platform, platform.control, files, ["KEY=value"]);
		using functions = await startFunctions(context);
		using nginx = await startNginx(context, functions.socket, { cert, key });
		const servers = { gateway: `${platform.listen}/bench/hello/`, ...(nginx && { nginx: nginx.url }) };
		for (const url of Object.values(servers)) await served(url);
		const { folder, smoke } = context;
		const http1 = await measure(context, servers, async (url) => {
			const { failed, requestsPerSecond } = await load(url, { folder, smoke, seconds: SECONDS });
			if (failed > 0) throw new Error(`${failed} requests of ${url} failed`);
			return requestsPerSecond;
		});
		const http2 = await measure(context, servers, (url) => http2Load(url, smoke ? 1 : SECONDS));
		return [
			row("throughput over TLS, HTTP/1.1, small GET, 32 connections", http1),
			row(`throughput over HTTP/2, small GET, one connection, ${STREAMS} streams, by Node's client`, http2),
		];
	},
};
