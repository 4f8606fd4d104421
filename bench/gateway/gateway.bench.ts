/** The gateway compared with a simple proxy on Node, with nginx, with miniflare, and with the function alone. */

import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import { makeProject, servedAt, startPlatform } from "../platform/running-platform.ts";
import {
	HANDLER,
	MINIFLARE,
	type Peer,
	STREAM_BYTES,
	startBareProxy,
	startFunctions,
	startMiniflare,
	startNginx,
} from "./gateway-peers.ts";
import { bytesOfIdle, listenerOf } from "./idle-connections.ts";
import { type LoadOptions, load } from "./load.ts";

const PAIRS = 5;
const IDLE = 5_000;
const BODY_BYTES = 64 * 1024;
const TARGETS = { ofBare: 1.5, ofMiniflare: 4, ofNginx: 0.5, bodies: 1, p99: 1.2, idleKiB: 12 };

/** Servers by name. `gateway` and `bare` are always among them. */
type Servers = Readonly<Record<"gateway" | "bare", string>> & Readonly<Record<string, string>>;
type Measured = Readonly<Record<"gateway" | "bare", readonly number[]>> &
	Readonly<Record<string, readonly number[]>>;

const ratio = (above: readonly number[], below: readonly number[]) =>
	median(above.map((value, index) => value / (below[index] ?? Number.NaN)));
const perSecond = (values: readonly number[]) => `${Math.round(median(values)).toLocaleString("en")} req/s`;

/** The throughput of each server, in turns. */
async function throughput(
	context: BenchContext,
	servers: Servers,
	options: Partial<LoadOptions> = {},
): Promise<Measured> {
	const measured: Record<string, number[]> = {};
	const { folder, smoke } = context;
	for (let pair = context.smoke ? 0 : -1; pair < context.pairs(PAIRS); pair++) {
		for (const [name, url] of Object.entries(servers)) {
			const { failed, requestsPerSecond } = await load(url, { folder, smoke, seconds: 5, ...options });
			if (failed > 0) throw new Error(`${name} did not serve ${failed} requests of ${url}`);
			if (pair < 0) continue;
			measured[name] = [...(measured[name] ?? []), requestsPerSecond];
		}
	}
	return measured as unknown as Measured;
}

/** One row for the gateway beside another server. */
function ratioRow(what: string, measured: Measured, name: string, label: string, min: number): Row {
	const beside = measured[name] ?? [];
	const result = ratio(measured.gateway, beside);
	return {
		figure: `gateway's throughput${what}, against ${label}`,
		target: `≥ ${min} × ${label}`,
		measured: `${result.toFixed(2)} × (${perSecond(measured.gateway)})`,
		beside: `${label}: ${perSecond(beside)}`,
		reached: result >= min,
	};
}

function smallRows(measured: Measured): Row[] {
	const others = [
		["bare", "bare Node + undici", TARGETS.ofBare],
		["nginx", "nginx", TARGETS.ofNginx],
		["miniflare", `miniflare ${MINIFLARE}`, TARGETS.ofMiniflare],
	] as const;
	return others
		.filter(([name]) => measured[name] !== undefined)
		.map(([name, label, min]) => ratioRow("", measured, name, label, min));
}

async function bodyRows(context: BenchContext, servers: Servers): Promise<Row[]> {
	const large = Object.fromEntries(Object.entries(servers).map(([name, url]) => [name, `${url}large`]));
	const posts = await throughput(context, servers, { bodyBytes: BODY_BYTES });
	const streams = await throughput(context, large as unknown as Servers, { connections: 4 });
	const label = "bare Node + undici";
	const { bodies } = TARGETS;
	const besideNginx = (row: Row, { nginx }: Measured): Row =>
		nginx === undefined ? row : { ...row, beside: `${row.beside}; nginx: ${perSecond(nginx)}` };
	return [
		besideNginx(ratioRow(`, POST of ${BODY_BYTES / 1024} KiB`, posts, "bare", label, bodies), posts),
		besideNginx(
			ratioRow(`, stream of ${STREAM_BYTES / 1024 ** 2} MiB`, streams, "bare", label, bodies),
			streams,
		),
	];
}

/** Both at the same rate: half of the simple proxy's maximum. */
async function p99Row(context: BenchContext, servers: Servers, bareMost: number): Promise<Row> {
	const { folder, smoke } = context;
	const options = { folder, smoke, seconds: 5, rate: bareMost / 2, connections: 64 };
	const gateway: number[] = [];
	const bare: number[] = [];
	for (let pair = 0; pair < context.pairs(PAIRS); pair++) {
		bare.push((await load(servers.bare, options)).p99Ms);
		gateway.push((await load(servers.gateway, options)).p99Ms);
	}
	const result = ratio(gateway, bare);
	return {
		figure: "gateway's p99 at half load",
		target: `≤ ${TARGETS.p99} × bare Node + undici`,
		measured: `${result.toFixed(2)} × (${median(gateway).toFixed(1)} ms)`,
		beside: `bare proxy: ${median(bare).toFixed(1)} ms at ${Math.round(bareMost / 2).toLocaleString("en")} req/s`,
		reached: result <= TARGETS.p99,
	};
}

async function idleRow({ smoke }: BenchContext, { gateway }: Servers, bare: Peer): Promise<Row> {
	const count = smoke ? 100 : IDLE;
	const options = { count, settleMs: smoke ? 50 : 2_000 };
	const kib = (await bytesOfIdle(gateway, listenerOf(Number(new URL(gateway).port)), options)) / 1024;
	const bareKib = (await bytesOfIdle(bare.url, bare.pid, options)) / 1024;
	return {
		figure: `memory of an idle connection, with ${count.toLocaleString("en")} of them`,
		target: `≤ ${TARGETS.idleKiB} KiB`,
		measured: `${kib.toFixed(1)} KiB`,
		beside: `bare proxy: ${bareKib.toFixed(1)} KiB`,
		reached: kib <= TARGETS.idleKiB,
	};
}

export const bench: Bench = {
	name: "the gateway",
	async run(context) {
		await using platform = await startPlatform(context);
		const files = { "functions/hello/index.ts": `Deno.serve(${HANDLER});\n` };
		await makeProject(context, platform, platform.control, files, ["KEY=value"]);
		using functions = await startFunctions(context);
		using bare = await startBareProxy(context, functions.socket);
		using nginx = await startNginx(context, functions.socket);
		// The short form only checks that the benchmark runs, and installs nothing.
		using miniflare = context.smoke ? undefined : await startMiniflare(context);
		const proxies: Servers = {
			gateway: `${platform.listen}/bench/hello/`,
			bare: bare.url,
			...(nginx && { nginx: nginx.url }),
		};
		const all: Servers = {
			...proxies,
			direct: functions.direct.url,
			...(miniflare && { miniflare: miniflare.url }),
		};
		for (const url of [...Object.values(proxies), functions.direct.url]) await servedAt(url, "hello");
		// Before the load: afterwards, a process has free memory for many connections.
		const idle = await idleRow(context, proxies, bare);
		const small = await throughput(context, all);
		return [
			...smallRows(small),
			...(await bodyRows(context, proxies)),
			await p99Row(context, proxies, median(small.bare)),
			idle,
		];
	},
};
