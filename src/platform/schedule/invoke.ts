/** One run of a function that nobody called for: a POST to the instance that serves it now. */
import { randomUUID } from "node:crypto";
import { setTimeout as setPause } from "node:timers/promises";
import { errors } from "undici";
import { AUTOMATION_HEADERS } from "../gateway/headers.ts";
import type { Instances, Lease } from "../gateway/instances.ts";
import { PROBLEMS, type Problem } from "../gateway/problem.ts";
import type { Due } from "./scheduler.ts";

/** How long an answer may go on once it has begun: so long the next run of the automation has to wait. */
const ANSWER_MS = 600_000;
/** Nobody reads an answer. So much of it is taken, and the next part after a pause: 3 MiB a second at the most. */
const PART_BYTES = 64 * 1024;
/** A part that comes in many small pieces costs as much as its pieces. */
const PART_PIECES = 64;
const PAUSE_MS = 20;

const UNENDED: Problem = {
	status: 504,
	code: "FUNCTION_UNENDED",
	title: "The function's answer did not end",
	detail: "The function's answer had begun and did not end in time.",
};
const STOPPED: Problem = {
	status: 503,
	code: "PLATFORM_STOPPED",
	title: "The platform stopped",
	detail: "The platform stopped before the function had answered.",
};

export interface InvokeOptions {
	/** What the function sees as the host that it was called at. */
	readonly host: string;
	/** Its `x-request-id`. A new one unless told. */
	readonly requestId?: string;
	/** How long its answer may take to begin. */
	readonly timeoutMs: number;
	/** How long it may go on once it has begun. Ten minutes unless told. */
	readonly answerMs?: number;
	/** Ends what is under way. */
	readonly signal: AbortSignal;
}

/** The answer's status; or why there was none, or none that ended. */
export type Answer = { readonly status: number; readonly bytes: number } | Problem;

/** Runs a function once; never repeats, whatever comes of it. Resolves once its answer has ended. */
export async function invoke(instances: Instances, due: Due, options: InvokeOptions): Promise<Answer> {
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

async function run(lease: Lease, due: Due, options: InvokeOptions): Promise<Answer> {
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

/** As the gateway has them for what is called, and what tells that nobody did. */
function headersOf(
	{ app, function: name, automation, dueMs }: Due,
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
 * Reads a body to its end, at a pace: the function is at work as long as it writes, and the platform has other work.
 * @returns how many bytes it had
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
