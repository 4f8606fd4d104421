/**
 * The code that all benchmarks share: paired timing, and the rows that they report. * A time alone says
 * little, because machines and their load differ. So a subject and its floor (or peer) run in turns, A B A B
 * …, on the same machine in the same minutes. The figure is the median of the ratios of the pairs.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** One line of the table. */
export interface Row {
	/** What is measured: `secrets get, 10 secrets`. */
	readonly figure: string;
	/** The target: `≤ 3 × node -e 0`. */
	readonly target: string;
	/** The measured ratio or amount, as in the table: `2.41 ×`, `1,204 B`. */
	readonly measured: string;
	/** The floor or peer of the same run: `node -e 0: 52 ms`. */
	readonly beside: string;
	/** Whether the target is reached. */
	readonly reached: boolean;
}

export interface BenchContext {
	/** The project's folder. */
	readonly root: string;
	/** The installed program's `bin/run.js`. */
	readonly program: string;
	/** An empty folder for the benchmark's files; removed afterwards. */
	readonly folder: string;
	/** Whether to run the short form, which only checks that the benchmark runs. */
	readonly smoke: boolean;
	/** The number of pairs to run: the given one, or few in the short form. */
	readonly pairs: (full: number) => number;
}

/** What a `bench/AREA/NAME.bench.ts` file exports as `bench`. */
export interface Bench {
	readonly name: string;
	run(context: BenchContext): Promise<Row[]>;
}

/** A command line to time. */
export interface Invocation {
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd?: string;
	readonly env?: NodeJS.ProcessEnv;
}

/**
 * An environment in which the certificates of `NODE_EXTRA_CA_CERTS` are for Deno alone. Node 20 reads them at each start,
 * which takes longer than the start itself (`findings/node-extra-ca-certs.sh`). In the floor, that would hide most of a
 * command's own time.
 */
function withoutExtraCertificates({
	NODE_EXTRA_CA_CERTS: certificates,
	...env
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	return certificates === undefined ? env : { DENO_CERT: certificates, ...env };
}

/**
 * The wall time in ms from start to exit of a process. It gets no `NODE_EXTRA_CA_CERTS`.
 * @throws Error if it exits with anything but 0, with what it wrote to stderr
 */
export function timeProcess({ command, args, cwd, env = process.env }: Invocation): Promise<number> {
	return new Promise((resolve, reject) => {
		const startMs = performance.now();
		const child = spawn(command, args, {
			cwd,
			env: withoutExtraCertificates(env),
			stdio: ["ignore", "ignore", "pipe"],
		});
		const stderr: Buffer[] = [];
		child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
		child.on("error", reject);
		child.on("close", (code) => {
			const elapsedMs = performance.now() - startMs;
			if (code === 0) resolve(elapsedMs);
			else
				reject(
					new Error(`${args.slice(1).join(" ")} exited with ${code}: ${Buffer.concat(stderr).toString()}`),
				);
		});
	});
}

/** Processor time in ms that the ended children of this process have used. Linux counts in steps of 10 ms. */
function childrenProcessorMs(): number {
	const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ") ?? [];
	return 10 * (Number(fields[13]) + Number(fields[14]));
}

/**
 * Runs subject and floor in turns, and compares the sums of their processor time, which other programs on the
 * machine affect less than wall time.
 */
export async function pairedProcessorTime(
	subject: () => Promise<unknown>,
	floor: () => Promise<unknown>,
	pairs: number,
): Promise<Paired> {
	const spent = { subject: 0, floor: 0 };
	const measure = async (name: keyof typeof spent, run: () => Promise<unknown>) => {
		const before = childrenProcessorMs();
		await run();
		spent[name] += childrenProcessorMs() - before;
	};
	if (isMeasured(pairs)) {
		await subject();
		await floor();
	}
	for (let pair = 0; pair < pairs; pair++) {
		await measure("subject", subject);
		await measure("floor", floor);
	}
	const [subjectMs, floorMs] = [spent.subject / pairs, spent.floor / pairs];
	return { subjectMs, floorMs, ratio: subjectMs / floorMs };
}

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted.length >> 1;
	const upper = sorted[middle] ?? Number.NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Medians over all pairs. */
export interface Paired {
	readonly subjectMs: number;
	readonly floorMs: number;
	/** The median of the pairs' ratios, subject over floor. */
	readonly ratio: number;
}

/** Timed work; returns its time in ms. */
export type Timed = (pair: number) => Promise<number>;

/**
 * Whether there are enough pairs for meaningful figures. For a single pair, as in the short form, caches need
 * not be warm.
 */
function isMeasured(pairs: number): boolean {
	return pairs > 1;
}

/** Runs subject and floor in turns, after one pair that warms the caches and is not counted (in the short form, there is none). */
export async function paired(subject: Timed, floor: Timed, pairs: number): Promise<Paired> {
	const subjectMs: number[] = [];
	const floorMs: number[] = [];
	for (let pair = isMeasured(pairs) ? -1 : 0; pair < pairs; pair++) {
		const times = [await subject(pair), await floor(pair)] as const;
		if (pair < 0) continue;
		subjectMs.push(times[0]);
		floorMs.push(times[1]);
	}
	const ratios = subjectMs.map((time, index) => time / (floorMs[index] ?? Number.NaN));
	return { subjectMs: median(subjectMs), floorMs: median(floorMs), ratio: median(ratios) };
}

/** The row for a ratio that must not be larger than `ratioMax`. */
export function ratioRow(figure: string, floorName: string, ratioMax: number, result: Paired): Row {
	return {
		figure,
		target: `≤ ${ratioMax} × ${floorName}`,
		measured: `${result.ratio.toFixed(2)} × (${result.subjectMs.toFixed(0)} ms)`,
		beside: `${floorName}: ${result.floorMs.toFixed(0)} ms`,
		reached: result.ratio <= ratioMax,
	};
}

/** The row for a time that must not be longer than `limitMs`, with its ratio to the floor. */
export function amountRow(figure: string, limitMs: number, floorName: string, result: Paired): Row {
	return {
		figure,
		target: `≤ ${limitMs.toLocaleString("en")} ms`,
		measured: `${result.subjectMs.toFixed(0)} ms (${result.ratio.toFixed(2)} ×)`,
		beside: `${floorName}: ${result.floorMs.toFixed(0)} ms`,
		reached: result.subjectMs <= limitMs,
	};
}

/** `node -e 0`: the minimum for any command that runs on Node. */
export const bareNode: Timed = () => timeProcess({ command: process.execPath, args: ["-e", "0"] });
