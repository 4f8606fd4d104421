/** The gateway compared with a simple proxy on Node, with miniflare, and with the function alone. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findDeno } from "../src/platform/runtime/deno-binary.ts";
import { type Bench, type BenchContext, median, type Row } from "./harness.ts";
import { load } from "./load.ts";
import { makeProject, servedAt, startPlatform } from "./running-platform.ts";

const OF_BARE_MIN = 0.7;
const OF_MINIFLARE_MIN = 3;
const P99_RATIO_MAX = 2;
/** The last one that runs on Node 20. */
const MINIFLARE = "4.20260415.0";
const HELLO = `Deno.serve(() => new Response("hello"));\n`;

interface Server extends Disposable {
	readonly url: string;
}

/** Starts a process that prints the port that it listens on. */
async function startPeer(command: string, args: readonly string[], path = "/"): Promise<Server> {
	const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
	const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
	return serverOf(child, `http://127.0.0.1:${port}${path}`);
}

function serverOf(child: ChildProcess, url: string): Server {
	return { url, [Symbol.dispose]: () => void child.kill("SIGTERM") };
}

/** The function alone: on a port, and on the Unix socket to which the simple proxy forwards. */
async function startFunctions(
	context: BenchContext,
): Promise<{ direct: Server; socket: string } & Disposable> {
	const deno = await findDeno();
	const socket = join(context.folder, "bare.sock");
	const file = join(context.folder, "hello.ts");
	const listening = `onListen: ({ port }) => console.log(port ?? 0)`;
	const handler = `() => new Response("hello")`;
	await writeFile(file, `Deno.serve({ port: 0, hostname: "127.0.0.1", ${listening} }, ${handler});\n`);
	const onSocket = join(context.folder, "hello-socket.ts");
	await writeFile(onSocket, `Deno.serve({ path: ${JSON.stringify(socket)}, ${listening} }, ${handler});\n`);
	const run = (name: string) => startPeer(deno, ["run", "--quiet", "--no-config", "--allow-all", name]);
	const direct = await run(file);
	const behind = await run(onSocket);
	const dispose = () => {
		direct[Symbol.dispose]();
		behind[Symbol.dispose]();
	};
	return { direct, socket, [Symbol.dispose]: dispose };
}

/**
 * miniflare is large and not a dependency of the project, so it is installed in the folder for packages of
 * benchmarks.
 */
async function startMiniflare(context: BenchContext): Promise<Server> {
	const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
	const folder = join(cache, "coffer", "bench", `miniflare-${MINIFLARE}`);
	if (!existsSync(join(folder, "node_modules/miniflare"))) {
		await mkdir(folder, { recursive: true });
		const args = [
			"install",
			"--silent",
			"--ignore-scripts",
			"--no-save",
			"--prefix",
			folder,
			`miniflare@${MINIFLARE}`,
		];
		const [status] = await once(spawn("npm", args, { stdio: "inherit" }), "close");
		if (status !== 0) throw new Error(`npm did not install miniflare@${MINIFLARE}.`);
	}
	return await startPeer(process.execPath, [join(context.root, "bench/peers/miniflare.mjs"), folder]);
}

interface Measured {
	readonly gateway: number[];
	readonly bare: number[];
	readonly direct: number[];
	readonly miniflare: number[];
}

const ratio = (above: readonly number[], below: readonly number[]) =>
	median(above.map((value, index) => value / (below[index] ?? Number.NaN)));
const perSecond = (values: readonly number[]) => `${Math.round(median(values)).toLocaleString("en")} req/s`;

function throughputRows({ bare, direct, gateway, miniflare }: Measured): Row[] {
	const ofBare = ratio(gateway, bare);
	const rows: Row[] = [
		{
			figure: "gateway's throughput, against a bare proxy",
			target: `≥ ${OF_BARE_MIN} × bare Node + undici`,
			measured: `${ofBare.toFixed(2)} × (${perSecond(gateway)})`,
			beside: `bare proxy: ${perSecond(bare)}; deno serve alone: ${perSecond(direct)}`,
			reached: ofBare >= OF_BARE_MIN,
		},
	];
	if (miniflare.length === 0) return rows;
	const ofMiniflare = ratio(gateway, miniflare);
	rows.push({
		figure: "gateway's throughput, against miniflare",
		target: `≥ ${OF_MINIFLARE_MIN} × miniflare`,
		measured: `${ofMiniflare.toFixed(2)} ×`,
		beside: `miniflare ${MINIFLARE}: ${perSecond(miniflare)}`,
		reached: ofMiniflare >= OF_MINIFLARE_MIN,
	});
	return rows;
}

/** Both at the same rate: half of the simple proxy's maximum. */
async function p99Row(
	context: BenchContext,
	urls: { gateway: string; bare: string },
	bareMost: number,
): Promise<Row> {
	const options = {
		folder: context.folder,
		seconds: 8,
		rate: bareMost / 2,
		connections: 64,
		smoke: context.smoke,
	};
	const gateway: number[] = [];
	const bare: number[] = [];
	for (let pair = 0; pair < context.pairs(7); pair++) {
		bare.push((await load(urls.bare, options)).p99Ms);
		gateway.push((await load(urls.gateway, options)).p99Ms);
	}
	const result = ratio(gateway, bare);
	return {
		figure: "gateway's p99 at half load",
		target: `≤ ${P99_RATIO_MAX} × bare Node + undici`,
		measured: `${result.toFixed(2)} × (${median(gateway).toFixed(1)} ms)`,
		beside: `bare proxy: ${median(bare).toFixed(1)} ms at ${Math.round(bareMost / 2).toLocaleString("en")} req/s`,
		reached: result <= P99_RATIO_MAX,
	};
}

export const bench: Bench = {
	name: "the gateway",
	async run(context) {
		await using platform = await startPlatform(context);
		await makeProject(context, platform, platform.control, { "functions/hello/index.ts": HELLO }, [
			"KEY=value",
		]);
		using functions = await startFunctions(context);
		using bare = await startPeer(process.execPath, [
			join(context.root, "bench/peers/bare-proxy.mjs"),
			functions.socket,
		]);
		// The short form only checks that the benchmark runs, and installs nothing.
		using miniflare = context.smoke ? undefined : await startMiniflare(context);
		const url = `${platform.listen}/bench/hello`;
		for (const started of [url, functions.direct.url, bare.url]) await servedAt(started, "hello");
		const measured: Measured = { gateway: [], bare: [], direct: [], miniflare: [] };
		const options = { folder: context.folder, seconds: 8, smoke: context.smoke };
		const most = async (target: string) => (await load(target, options)).requestsPerSecond;
		for (let pair = context.smoke ? 0 : -1; pair < context.pairs(7); pair++) {
			const [first, second] = [await most(url), await most(bare.url)];
			if (pair < 0) continue;
			measured.gateway.push(first);
			measured.bare.push(second);
			measured.direct.push(await most(functions.direct.url));
			if (miniflare !== undefined) measured.miniflare.push(await most(miniflare.url));
		}
		const p99 = await p99Row(context, { gateway: url, bare: bare.url }, median(measured.bare));
		return [...throughputRows(measured), p99];
	},
};
