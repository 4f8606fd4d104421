/** A platform with a thousand deployed, idle functions: its memory, its start, and the time of a plan. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cryptoReady } from "../../src/crypto.ts";
import { readIdentityFile } from "../../src/identity/identity-file.ts";
import { Apps } from "../../src/platform/apps/apps.ts";
import type { Deployment } from "../../src/platform/functions/function.ts";
import { openStore } from "../../src/platform/store/open.ts";
import { SealedStore } from "../../src/platform/store/sealed/sealed-store.ts";
import { plan } from "../../src/references/plan/plan.ts";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import { makeProject, type RunningPlatform, startPlatform } from "../platform/running-platform.ts";

const RESIDENT_MB_MAX = 250;
const START_MS_MAX = 3_000;
const PLAN_MS_MAX = 20;
const REFERENCING = 3;

/** Each reads a few secrets at a few places, as functions do. */
function referencesOf(index: number): Deployment["references"] {
	const names = ["DATABASE_URL", "STRIPE_KEY", index < REFERENCING ? "RARE" : `OWN_${index}`];
	return names.flatMap((name) =>
		[10, 20].map((line) => ({ name, file: `functions/f${index}/index.ts`, line, how: "static" as const })),
	);
}

/**
 * Really deploys one function. Writes the events of the other deployments directly, with the bundle of the
 * first.
 * @returns the platform's token
 */
async function deployMany(context: BenchContext, count: number): Promise<string> {
	let token: string;
	{
		await using platform = await startPlatform(context);
		token = platform.token;
		const source = `Deno.serve(() => new Response(Deno.env.get("RARE")));\n`;
		await makeProject(context, platform, platform.control, { "functions/f0/index.ts": source }, [
			"RARE=value",
		]);
	}
	await cryptoReady;
	const dataDirectory = join(context.folder, "data");
	const identity = await readIdentityFile(join(context.folder, "platform.identity"));
	await using plain = await openStore(`sqlite:${dataDirectory}`);
	const store = await SealedStore.open(plain, identity.stateKey);
	const app = (await Apps.open({ store, identity, now: Date.now })).get("bench");
	const first = app.state.functions.get("f0")?.deployment;
	if (first === undefined) throw new Error("The first function was not deployed.");
	for (let index = 1; index < count; index++) {
		const name = `f${index}`;
		const deployment = {
			...first,
			id: `${first.id}-${index}`,
			function: name,
			references: referencesOf(index),
		};
		await app.record(() => ({ type: "deployed", deployment, atMs: Date.now() }));
	}
	return token;
}

async function residentMB(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function functionCount({
	control,
	token,
}: Pick<RunningPlatform, "control" | "token">): Promise<number> {
	const url = `${control}/v1/apps/bench/functions`;
	const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
	return ((await answer.json()) as { functions: unknown[] }).functions.length;
}

function planMs(count: number): number {
	const functions = Array.from({ length: count }, (_, index) => ({
		name: `f${index}`,
		references: referencesOf(index),
		dynamic: [],
	}));
	const times = Array.from({ length: 20 }, () => {
		const start = performance.now();
		const { redeploy } = plan({ changes: [{ name: "RARE", kind: "set" }], functions });
		if (redeploy.length !== REFERENCING) throw new Error(`${redeploy.length} functions were planned.`);
		return performance.now() - start;
	});
	return median(times);
}

type Both = Readonly<Record<"empty" | "full", readonly number[]>>;

function rowsOf(count: number, times: Both, resident: Both): Row[] {
	const functions = `${count.toLocaleString("en")} idle functions`;
	const megabytes = median(resident.full);
	const ms = median(times.full);
	const planned = planMs(count);
	return [
		{
			figure: `platform's memory, ${functions}`,
			target: `≤ ${RESIDENT_MB_MAX} MB resident`,
			measured: `${megabytes.toFixed(0)} MB`,
			beside: `without functions: ${median(resident.empty).toFixed(0)} MB`,
			reached: megabytes <= RESIDENT_MB_MAX,
		},
		{
			figure: `platform's start, ${functions}`,
			target: `≤ ${START_MS_MAX.toLocaleString("en")} ms`,
			measured: `${ms.toFixed(0)} ms`,
			beside: `without functions: ${median(times.empty).toFixed(0)} ms`,
			reached: ms <= START_MS_MAX,
		},
		{
			figure: `plan of a change, ${functions}`,
			target: `≤ ${PLAN_MS_MAX} ms`,
			measured: `${planned.toFixed(2)} ms`,
			beside: `${REFERENCING} of them read what changed`,
			reached: planned <= PLAN_MS_MAX,
		},
	];
}

/** Starts the platform and waits until it is ready. */
async function timedStart(context: BenchContext, times: number[]): Promise<RunningPlatform> {
	const start = performance.now();
	const platform = await startPlatform(context);
	times.push(performance.now() - start);
	return platform;
}

export const bench: Bench = {
	name: "a thousand idle functions",
	async run(context) {
		const count = context.smoke ? 20 : 1_000;
		const times = { empty: [] as number[], full: [] as number[] };
		const resident = { empty: [] as number[], full: [] as number[] };
		const empty = { ...context, folder: join(context.folder, "empty") };
		await mkdir(empty.folder);
		const token = await deployMany(context, count);
		// The first start of the other platform creates files that later starts reuse.
		if (!context.smoke) await (await startPlatform(empty))[Symbol.asyncDispose]();
		for (let pair = 0; pair < context.pairs(7); pair++) {
			{
				await using platform = await timedStart(empty, times.empty);
				resident.empty.push(await residentMB(platform.pid));
			}
			await using platform = await timedStart(context, times.full);
			const there = await functionCount({ ...platform, token });
			if (there !== count) throw new Error(`${there} functions are there.`);
			resident.full.push(await residentMB(platform.pid));
		}
		return rowsOf(count, times, resident);
	},
};
