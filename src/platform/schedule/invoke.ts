/** Runs a function for an automation: one POST to the instance that serves the function. */
import { randomUUID } from "node:crypto";
import { setTimeout as setPause } from "node:timers/promises";
import { errors } from "undici";
import { AUTOMATION_HEADERS } from "../gateway/headers.ts";
import type { Instances, Lease } from "../gateway/instances.ts";
import { PROBLEMS, type Problem } from "../gateway/problem.ts";
import type { DueRun } from "./scheduler.ts";

/** How long an answer may take after it has begun. The automation's next run waits as long. */
const ANSWER_MS = 600_000;
/** Nobody reads the answer. This much of it is read, then the rest after a pause, so 3 MiB a second at most. */
const PART_BYTES = 64 * 1024;
/** A part that comes in many small pieces costs as much as the number of its pieces. */
const PART_PIECES = 64;
const PAUSE_MS = 20;

const UNENDED: Problem = {
	status: 504,
	code: "FUNCTION_UNENDED",
	title: "The function's answer did not end",
	detail: "The function's answer began but did not end in time.",
};
const STOPPED: Problem = {
	status: 503,
	code: "PLATFORM_STOPPED",
	title: "The platform stopped",
	detail: "The platform stopped before the function answered.",
};

export interface InvokeOptions {
	/** The host name that the function sees in the request. */
	readonly host: string;
	/** The request's `x-request-id`. Default: a new one. */
	readonly requestId?: string;
	/** How long the function may take until its answer begins. */
	readonly timeoutMs: number;
	/** How long the answer may take after it has begun. Default: ten minutes. */
	readonly answerMs?: number;
	/** Ends the run. */
	readonly signal: AbortSignal;
}

/** The status of the answer, or why there was no complete answer. */
export type Answer = { readonly status: number; readonly bytes: number } | Problem;

/** Runs a function once, and never repeats a run. Resolves once the answer has ended. */
export async function invoke(instances: Instances, due: DueRun, options: InvokeOptions): Promise<Answer> {
	let release = () => {};
	const onCounted = (counted: () => void) => {
		release = counted;
	};
	try {
		const lease = await instances.lease(due.app, due.function, onCounted);
		return "title" in lease ? lease : await run(lease, due, options);
	} finally {
		release();
	}
}

async function run(lease: Lease, due: DueRun, options: InvokeOptions): Promise<Answer> {
	const body = JSON.stringify(due.automation.function_args ?? {});
	let hasBegun = false;
	const over = new AbortController();
	const timer = setTimeout(() => over.abort(), options.timeoutMs + (options.answerMs ?? ANSWER_MS)).unref();
	try {
		const answer = await lease.pool.request({
			method: "POST",
			path: "/",
			headers: headersOf(due, options),
			body,
			headersTimeout: options.timeoutMs,
			bodyTimeout: 0,
			signal: AbortSignal.any([options.signal, over.signal]),
		});
		hasBegun = true;
		lease.instance.answered();
		const bytes = await discard(answer.body);
		return { status: answer.statusCode, bytes };
	} catch (error) {
		if (options.signal.aborted) return STOPPED;
		if (over.signal.aborted && hasBegun) return UNENDED;
		if (!over.signal.aborted && !(error instanceof errors.HeadersTimeoutError)) return PROBLEMS.broken;
		lease.instance.timedOut();
		return PROBLEMS.timeout;
	} finally {
		clearTimeout(timer);
	}
}

/** The headers that the gateway also sets, and those that tell a run of an automation from a client's request. */
function headersOf(
	{ app, function: name, automation, dueMs }: DueRun,
	{ host, requestId = randomUUID() }: InvokeOptions,
): Record<string, string> {
	return {
		host,
		"content-type": "application/json",
		"user-agent": "coffer-automation",
		"x-forwarded-host": host,
		"x-forwarded-prefix": `/${app}/${name}`,
		"x-forwarded-proto": "http",
		"x-request-id": requestId,
		[AUTOMATION_HEADERS.name]: encodeURIComponent(automation.name),
		[AUTOMATION_HEADERS.due]: new Date(dueMs).toISOString(),
	};
}

/**
 * Reads a body to its end at a limited rate: the function may write without end, and the platform has other
 * work.
 * @returns the number of bytes
 */
async function discard(body: AsyncIterable<Uint8Array>): Promise<number> {
	let all = 0;
	let bytes = 0;
	let pieces = 0;
	for await (const piece of body) {
		all += piece.length;
		bytes += piece.length;
		pieces++;
		if (bytes < PART_BYTES && pieces < PART_PIECES) continue;
		bytes = 0;
		pieces = 0;
		await setPause(PAUSE_MS);
	}
	return all;
}
