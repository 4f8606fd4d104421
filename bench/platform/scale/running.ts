/** A real platform on a store of many apps: its start, its memory, and the control API. */
import { readFile } from "node:fs/promises";
import type { Head } from "../../../src/protocol/change.ts";
import type { BenchContext } from "../../harness.ts";
import { median } from "../../harness.ts";
import { startPlatform } from "../running-platform.ts";
import { MEASURED, type Member, nextSecret, type Shape } from "./population.ts";
import type { MeasuredStore } from "./stores.ts";

/** Times are in milliseconds, medians of several requests. */
export interface RunningFigures {
	readonly startMs: number;
	/** Of the platform's own process. */
	readonly startCpuMs: number;
	readonly residentMB: number;
	readonly setMs: number;
	readonly answeredListMs: number;
	readonly metricsMs: number;
	/** After the metrics were read. */
	readonly residentAfterMB: number;
}

async function residentMB(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** User and system time of a process. Linux counts in steps of 10 ms. */
async function processorMs(pid: number): Promise<number> {
	const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ").at(-1)?.split(" ") ?? [];
	return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** A client of the control API. */
class Control {
	readonly #url: string;
	readonly #token: string;

	constructor(url: string, token: string) {
		this.#url = url;
		this.#token = token;
	}

	/** @returns the time until the answer has ended, in ms, and the answer's text. @throws Error for a problem */
	async ask(path: string, body?: unknown): Promise<{ ms: number; text: string }> {
		const startMs = performance.now();
		const answer = await fetch(`${this.#url}${path}`, {
			method: body === undefined ? "GET" : "POST",
			headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
			...(body !== undefined && { body: JSON.stringify(body) }),
		});
		const text = await answer.text();
		if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
		return { ms: performance.now() - startMs, text };
	}
}

/** What the command `secrets set` sends for an app that it is in step with. @returns the time until `done`, in ms */
async function setMs(control: Control, member: Member, { secrets }: Shape): Promise<number> {
	const path = `/v1/apps/${MEASURED}`;
	const { head, revision } = JSON.parse((await control.ask(path)).text) as Head;
	const change = member.change(MEASURED, { revision, head }, [nextSecret(revision, secrets)]);
	const { ms, text } = await control.ask(`${path}/changes`, change);
	if (!text.includes('"done"')) throw new Error(`The change was not done: ${text}`);
	return ms;
}

async function medianOf(rounds: number, measure: () => Promise<number>): Promise<number> {
	const times: number[] = [];
	for (let round = 0; round < rounds; round++) times.push(await measure());
	return median(times);
}

/** Starts platforms on one store, one after the other. Only the first prints a token. */
export class Running {
	readonly #context: BenchContext;
	readonly #store: MeasuredStore;
	readonly #member: Member;
	readonly #shape: Shape;
	#token: string | undefined;

	constructor(context: BenchContext, store: MeasuredStore, member: Member, shape: Shape) {
		this.#context = context;
		this.#store = store;
		this.#member = member;
		this.#shape = shape;
	}

	async measure(rounds: number): Promise<RunningFigures> {
		const startMs = performance.now();
		await using platform = await startPlatform(this.#context, ...this.#store.args);
		const { pid } = platform;
		const started = {
			startMs: performance.now() - startMs,
			startCpuMs: await processorMs(pid),
			residentMB: await residentMB(pid),
		};
		this.#token ??= platform.token;
		const control = new Control(platform.control, this.#token);
		const of = (path: string) => medianOf(rounds, async () => (await control.ask(path)).ms);
		return {
			...started,
			setMs: await medianOf(rounds, () => setMs(control, this.#member, this.#shape)),
			answeredListMs: await of("/v1/apps"),
			metricsMs: await of("/metrics"),
			residentAfterMB: await residentMB(pid),
		};
	}
}
