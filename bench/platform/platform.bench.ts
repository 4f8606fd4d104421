/**
 * A change on a running platform: the time until one function, or twenty, serve the new value, and the bytes
 * that one change in 10,000 secrets sends.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import { type Bench, type BenchContext, median, paired, type Row, ratioRow } from "../harness.ts";
import {
	bareCpu,
	bareStart,
	type Coffer,
	makeProject,
	openRelay,
	type Relay,
	type RunningPlatform,
	servedAt,
	startPlatform,
} from "./running-platform.ts";

const SERVED_RATIO_MAX = 1;
const WOKEN_RATIO_MAX = 1;
const TOGETHER_RATIO_MAX = 1.5;
const SENT_BYTES_MAX = 2048;
const SECRETS = 10_000;
const TOGETHER = 20;

/** Under plain Deno, the same file listens on the given port. */
const serving = (name: string) =>
	`Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8000) }, () => new Response(Deno.env.get("${name}") ?? ""));\n`;
const FILE = "functions/value/index.ts";
const FILES = {
	[FILE]: serving("VALUE"),
	"functions/lazy/index.ts": serving("LAZY"),
	"functions/lazy/function.jsonc": '{"idleSeconds": 1}',
};

/** Functions with different sources, so that no two share a bundle. */
function manyFiles(count: number): Record<string, string> {
	const files = Array.from({ length: count }, (_, index) => [
		`functions/many/f${index}/index.ts`,
		`globalThis.index = ${index};\n${serving("SHARED")}`,
	]);
	return Object.fromEntries(files);
}

interface Stage {
	/** How many functions read the same secret. */
	readonly together: number;
	readonly context: BenchContext;
	readonly platform: RunningPlatform;
	readonly relay: Relay;
	readonly run: Coffer;
	readonly deno: string;
}

/** The time from the platform's `accepted` event to the first response with the new value. */
async function servedRow({ context, deno, platform, relay, run }: Stage): Promise<Row> {
	const subject = async (pair: number) => {
		const accepted = relay.momentOf('"accepted"');
		const done = run("secrets", "set", `VALUE=value-${pair}`);
		const start = await accepted;
		const end = await servedAt(`${platform.listen}/bench/value`, `value-${pair}`);
		await done;
		return end - start;
	};
	const floor = () => bareStart(deno, join(run.cwd, FILE));
	const result = await paired(subject, floor, context.pairs(15));
	return ratioRow("change accepted → new value served", "bare deno run", SERVED_RATIO_MAX, result);
}

/** The first request to a function that was stopped because it had no requests. */
async function wokenRow({ context, deno, platform, run }: Stage): Promise<Row> {
	const isIdle = async () => {
		const url = `${platform.control}/v1/apps/bench/functions`;
		const answer = await fetch(url, { headers: { authorization: `Bearer ${platform.token}` } });
		const { functions } = (await answer.json()) as { functions: { name: string; state: string }[] };
		return functions.find(({ name }) => name === "lazy")?.state === "idle";
	};
	const subject = async () => {
		while (!(await isIdle())) await new Promise((resolve) => setTimeout(resolve, 50));
		const start = performance.now();
		const answer = await fetch(`${platform.listen}/bench/lazy`);
		if ((await answer.text()) !== "lazy") throw new Error("The idle function does not answer.");
		return performance.now() - start;
	};
	const floor = () => bareStart(deno, join(run.cwd, FILE));
	const result = await paired(subject, floor, context.pairs(11));
	return ratioRow("first request to an idle function", "bare deno run", WOKEN_RATIO_MAX, result);
}

/** The time until all of twenty functions serve the new value of a secret that they read. */
async function togetherRow({ context, deno, relay, run, together }: Stage): Promise<Row> {
	const cores = availableParallelism();
	const subject = async (pair: number) => {
		const accepted = relay.momentOf('"accepted"');
		const done = relay.momentOf('"done"');
		const command = run("secrets", "set", `SHARED=value-${pair}`);
		const start = await accepted;
		const end = await done;
		await command;
		return end - start;
	};
	const floor = async () => {
		const starts = [];
		for (let count = 0; count < (context.smoke ? 1 : 5); count++)
			starts.push(await bareCpu(deno, join(run.cwd, FILE)));
		return (together * median(starts)) / cores;
	};
	const result = await paired(subject, floor, context.pairs(9));
	const name = `${together} × the CPU time of a bare start ÷ ${cores} cores`;
	return ratioRow(`change that ${together} functions read`, name, TOGETHER_RATIO_MAX, result);
}

async function bytesRow({ context, relay: { sent }, run }: Stage): Promise<Row> {
	const file = join(context.folder, "many.env");
	const others = 3;
	const count = (context.smoke ? 20 : SECRETS) - others;
	const lines = Array.from({ length: count }, (_, index) => `SECRET_${index}=value-${index}`);
	await writeFile(file, lines.join("\n"));
	await run("secrets", "set", "--env-file", file);
	Object.assign(sent, { bytes: 0, requests: 0 });
	await run("secrets", "set", "SECRET_7=another value");
	return {
		figure: `one change in ${(count + others).toLocaleString("en")} secrets`,
		target: `≤ ${SENT_BYTES_MAX} B sent, 1 request`,
		measured: `${sent.bytes} B, ${sent.requests} request${sent.requests === 1 ? "" : "s"}`,
		beside: "headers included",
		reached: sent.bytes <= SENT_BYTES_MAX && sent.requests === 1,
	};
}

export const bench: Bench = {
	name: "a change on a running platform",
	async run(context) {
		await using platform = await startPlatform(context);
		using relay = await openRelay(platform.control);
		const secrets = ["VALUE=first", "LAZY=lazy", "SHARED=first"];
		const together = context.smoke ? 2 : TOGETHER;
		const files = { ...FILES, ...manyFiles(together) };
		const run = await makeProject(context, platform, relay.url, files, secrets);
		const stage = { context, platform, relay, run, together, deno: await findDeno() };
		return [await servedRow(stage), await wokenRow(stage), await togetherRow(stage), await bytesRow(stage)];
	},
};
