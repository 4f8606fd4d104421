/** One run of a function that nobody called for: a POST to the instance that serves it now. */
import { randomUUID } from "node:crypto";
import { errors } from "undici";
import { AUTOMATION_HEADERS } from "../gateway/headers.ts";
import type { Instances } from "../gateway/instances.ts";
import { PROBLEMS, type Problem } from "../gateway/problem.ts";
import type { Due } from "./scheduler.ts";

/** How long an answer may go on once it has begun: so long the next run of the automation has to wait. */
const ANSWER_MS = 600_000;

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
	/** How long its answer may take to begin. */
	readonly timeoutMs: number;
	/** How long it may go on once it has begun. Ten minutes unless told. */
	readonly answerMs?: number;
	/** Ends what is under way. */
	readonly signal: AbortSignal;
}

/** The answer's status; or why there was none, or none that ended. */
export type Answer = { readonly status: number } | Problem;

/** Runs a function once; never repeats, whatever comes of it. Resolves once its answer has ended. */
export async function invoke(instances: Instances, due: Due, options: InvokeOptions): Promise<Answer> {
	const lease = await instances.lease(due.app, due.function);
	if ("title" in lease) return lease;
	const body = JSON.stringify(due.automation.function_args ?? {});
	const over = AbortSignal.timeout(options.timeoutMs + (options.answerMs ?? ANSWER_MS));
	try {
		const answer = await lease.pool.request({
			method: "POST",
			path: "/",
			headers: headersOf(due, options.host),
			body,
			headersTimeout: options.timeoutMs,
			bodyTimeout: 0,
			signal: AbortSignal.any([options.signal, over]),
		});
		for await (const _ of answer.body) {
			// Nobody reads it; but the function is at work as long as it writes.
		}
		return { status: answer.statusCode };
	} catch (error) {
		return options.signal.aborted ? STOPPED : problemOf(error);
	} finally {
		lease.release();
	}
}

/** As the gateway has them for what is called, and what tells that nobody did. */
function headersOf({ app, function: name, automation, dueMs }: Due, host: string): Record<string, string> {
	return {
		host,
		"content-type": "application/json",
		"user-agent": "coffer-automation",
		"x-forwarded-host": host,
		"x-forwarded-prefix": `/${app}/${name}`,
		"x-forwarded-proto": "http",
		"x-request-id": randomUUID(),
		[AUTOMATION_HEADERS.name]: encodeURIComponent(automation.name),
		[AUTOMATION_HEADERS.due]: new Date(dueMs).toISOString(),
	};
}

function problemOf(error: unknown): Problem {
	if (error instanceof errors.HeadersTimeoutError) return PROBLEMS.timeout;
	// Of `AbortSignal.timeout`.
	return (error as Error).name === "TimeoutError" ? UNENDED : PROBLEMS.broken;
}
