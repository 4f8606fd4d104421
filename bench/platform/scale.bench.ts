/**
 * How cost grows with the apps of a platform, and with the functions, secrets and changes of an app. Each row compares a
 * store with the smallest one of its series. docs/scale.md explains the figures.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cryptoReady } from "../../src/crypto.ts";
import { newIdentity } from "../../src/identity/identity.ts";
import { writeIdentityFile } from "../../src/identity/identity-file.ts";
import { openStore } from "../../src/platform/store/open.ts";
import { bundledProgram, type Program } from "../../test/support/bundle.ts";
import type { Bench, BenchContext, Row } from "../harness.ts";
import { Member, Population, type Shape } from "./scale/population.ts";
import { type Costs, rowsOf, type Size } from "./scale/rows.ts";
import { Running } from "./scale/running.ts";
import { etcdStore, type MeasuredStore, sqliteStore } from "./scale/stores.ts";
import type { Figures, WholeFigures } from "./scale.program.ts";

const ROUNDS = 15;
const TIMEOUT_MS = 600_000;
/** An app of usual size. */
const USUAL: Shape = { functions: 3, secrets: 10, changes: 5, bundleBytes: 16 * 1024 };
/** Measurements create apps, and a platform takes no more than 10,000. */
const APPS = [10, 100, 1_000, 9_990];

/** A series of stores, each with more of one thing than the one before. */
interface Series {
	readonly of: keyof Shape | "apps";
	readonly counts: readonly number[];
	readonly store: (folder: string) => MeasuredStore | Promise<MeasuredStore>;
	/** Whether a real platform is started on each store too. */
	readonly isRunning: boolean;
	/** What else the apps have. By default, they are of usual size. */
	readonly shape?: Shape;
}

/** An app of the same size with more history. */
const OLDER: Shape = { ...USUAL, changes: 100 };

const SERIES: readonly Series[] = [
	{ of: "apps", counts: APPS, store: sqliteStore, isRunning: true },
	{ of: "apps", counts: APPS, store: etcdStore, isRunning: true },
	{ of: "apps", counts: [10, 100, 1_000], store: sqliteStore, isRunning: true, shape: OLDER },
	{ of: "functions", counts: [1, 10, 100, 1_000], store: sqliteStore, isRunning: false },
	{ of: "secrets", counts: [1, 10, 100, 1_000, 10_000], store: sqliteStore, isRunning: false },
	{ of: "changes", counts: [1, 10, 100, 1_000, 10_000], store: sqliteStore, isRunning: false },
];

interface Stage {
	readonly context: BenchContext;
	readonly program: Program;
	readonly store: MeasuredStore;
}

/** A folder with the identity of a platform, and a member's vault. */
async function newPlatform(folder: string) {
	await mkdir(folder, { recursive: true });
	const identity = newIdentity();
	await writeIdentityFile(join(folder, "platform.identity"), identity);
	return { identity, member: await Member.create(folder, identity) };
}

async function measured<Result>(
	{ context, program, store }: Stage,
	shape: Shape,
	kind: "whole" | "checkpoints",
): Promise<Result> {
	const args = [store.url, context.folder, String(shape.secrets), String(context.smoke ? 1 : ROUNDS), kind];
	const { status, stderr, stdout } = await program.run(args, {}, TIMEOUT_MS);
	if (status !== 0) throw new Error(`The measurement exited with ${status}: ${stderr}`);
	return JSON.parse(stdout) as Result;
}

/** First without checkpoints, as at the first start of a version that writes them. */
async function openedCosts(stage: Stage, shape: Shape) {
	const { store } = stage;
	const whole = await measured<WholeFigures>(stage, shape, "whole");
	const bytes = await store.bytes();
	return {
		...whole,
		...(await measured<Figures>(stage, shape, "checkpoints")),
		storeBytes: bytes.all,
		...(bytes.uncompacted !== undefined && { uncompactedBytes: bytes.uncompacted }),
	};
}

/** Apps are added to one store. Every other series has a store for each of its counts. */
async function* sizesOf(series: Series, base: BenchContext, program: Program): AsyncGenerator<Size> {
	const counts = base.smoke ? [2, 3] : series.counts;
	for (const [index, count] of counts.entries()) {
		const isApps = series.of === "apps";
		if (isApps && index > 0) return;
		const { changes } = series.shape ?? USUAL;
		const folder = join(base.folder, `${series.of}-${changes}-${series.store.name}-${count}`);
		const context = { ...base, folder };
		const { identity, member } = await newPlatform(folder);
		const shape: Shape = isApps ? (series.shape ?? USUAL) : { ...USUAL, [series.of]: count };
		await using store = await series.store(folder);
		const running = new Running(context, store, member, shape);
		for (const apps of isApps ? counts : [2]) {
			{
				await using population = await Population.open(await openStore(store.url), identity, member, shape);
				await population.growTo(apps);
			}
			const opened = await openedCosts({ context, program, store }, shape);
			const rounds = context.smoke ? 1 : ROUNDS;
			const costs: Costs = {
				...opened,
				...(series.isRunning && !context.smoke && (await running.measure(rounds))),
			};
			if (!context.smoke)
				process.stderr.write(
					`${JSON.stringify({ of: series.of, kind: store.kind, changes: shape.changes, count: isApps ? apps : count, ...costs })}\n`,
				);
			yield { kind: store.kind, count: isApps ? apps : count, costs };
		}
	}
}

export const bench: Bench = {
	name: "cost by number of apps, functions, secrets and changes",
	async run(context) {
		await cryptoReady;
		await using program = await bundledProgram("bench/platform/scale.program.ts");
		const rows: Row[] = [];
		for (const series of context.smoke ? SERIES.slice(0, 2) : SERIES) {
			const sizes: Size[] = [];
			for await (const size of sizesOf(series, context, program)) sizes.push(size);
			rows.push(...rowsOf(series.of, sizes));
		}
		return rows;
	},
};
