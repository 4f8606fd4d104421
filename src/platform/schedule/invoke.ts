/** Runs a function for an automation: one POST to the instance that serves the function. */
import { randomUUID } from "node:crypto";
import type { AcceptedAnswer } from "../gateway/function-answer.ts";
import { AUTOMATION_HEADERS } from "../gateway/headers.ts";
import type { ConnectionPool } from "../gateway/http-client/connection-pool.ts";
import type {
	Failure,
	FunctionExchange,
	FunctionRequest,
	ResponseHandler,
} from "../gateway/http-client/exchange.ts";
import type { Instances, Lease } from "../gateway/instances.ts";
import { PROBLEMS, type Problem } from "../gateway/problem.ts";
import type { DueRun } from "./due-run.ts";

/** The time limit of an answer after it has begun. The automation's next run waits until then. */
const ANSWER_MS = 600_000;
/**
 * The content of the answer is not used. It is read in parts of this size, with pauses between them: 3 MiB a second at
 * most.
 */
const PART_BYTES = 64 * 1024;
/** A pause also follows after this many pieces, because each piece costs processor time whatever its size. */
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
	/** The time limit until the answer begins. */
	readonly timeoutMs: number;
	/** The time limit of the answer after it has begun. Default: ten minutes. */
	readonly answerMs?: number;
	/** Ends the run. */
	readonly signal: AbortSignal;
}

/** The status of the answer, or the reason why there was no complete answer. */
export type Answer = { readonly status: number; readonly bytes: number } | Problem;

/** Runs a function once, and never repeats a run. Resolves once the answer has ended. */
export async function invoke(
	instances: Pick<Instances, "lease">,
	due: DueRun,
	options: InvokeOptions,
): Promise<Answer> {
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

async function run({ instance, pool }: Lease, due: DueRun, options: InvokeOptions): Promise<Answer> {
	const requestId = options.requestId ?? randomUUID();
	const request: FunctionRequest = {
		method: "POST",
		target: "/",
		headers: headersOf(due, options.host, requestId),
		body: Buffer.from(JSON.stringify(due.automation.function_args ?? {})),
		maxBodyBytes: Number.POSITIVE_INFINITY,
		timeoutMs: options.timeoutMs,
		requestId,
	};
	const answer = await new AutomationRun(pool, request, options, () => instance.answered()).ended;
	if (answer === PROBLEMS.timeout) instance.timedOut();
	return answer;
}

/**
 * The exchange of one run. It reads the response to its end at a limited rate: the function may write without end, and
 * must not slow down the platform.
 */
class AutomationRun implements ResponseHandler {
	/** Resolves once the response has ended. */
	readonly ended: Promise<Answer>;
	readonly #onAnswer: () => void;
	readonly #exchange: FunctionExchange;
	#status: number | undefined;
	#bytes = 0;
	#partBytes = 0;
	#partPieces = 0;
	#pause: NodeJS.Timeout | undefined;
	#settle: (answer: Answer) => void = () => {};

	constructor(
		pool: ConnectionPool,
		request: FunctionRequest,
		{ answerMs = ANSWER_MS, signal, timeoutMs }: InvokeOptions,
		onAnswer: () => void,
	) {
		this.#onAnswer = onAnswer;
		const settled = new Promise<Answer>((resolve) => {
			this.#settle = resolve;
		});
		const stop = () => this.#giveUp(STOPPED);
		const expire = () => this.#giveUp(this.#status === undefined ? PROBLEMS.timeout : UNENDED);
		const timer = setTimeout(expire, timeoutMs + answerMs).unref();
		signal.addEventListener("abort", stop);
		this.ended = settled.finally(() => {
			clearTimeout(timer);
			clearTimeout(this.#pause);
			signal.removeEventListener("abort", stop);
		});
		this.#exchange = pool.send(request, this);
		if (signal.aborted) stop();
	}

	onHead({ status }: AcceptedAnswer): void {
		this.#status = status;
		this.#onAnswer();
	}

	onData(data: Buffer): void {
		this.#bytes += data.length;
		this.#partBytes += data.length;
		this.#partPieces++;
	}

	onRead(): void {
		if (this.#partBytes < PART_BYTES && this.#partPieces < PART_PIECES) return;
		this.#partBytes = 0;
		this.#partPieces = 0;
		this.#exchange.pause();
		this.#pause = setTimeout(() => this.#exchange.resume(), PAUSE_MS);
	}

	onEnd(): void {
		this.#settle({ status: this.#status ?? 0, bytes: this.#bytes });
	}

	onFailed(failure: Failure): void {
		this.#settle(failure === PROBLEMS.timeout ? PROBLEMS.timeout : PROBLEMS.broken);
	}

	#giveUp(problem: Problem): void {
		this.#exchange.abort();
		this.#settle(problem);
	}
}

/**
 * The headers that the gateway also sets, and those that distinguish a run of an automation from a client's request.
 */
function headersOf(
	{ app, function: name, automation, dueMs }: DueRun,
	host: string,
	requestId: string,
): string[] {
	return Object.entries({
		host,
		"content-type": "application/json",
		"user-agent": "coffer-automation",
		"x-forwarded-host": host,
		"x-forwarded-prefix": `/${app}/${name}`,
		"x-forwarded-proto": "http",
		"x-request-id": requestId,
		[AUTOMATION_HEADERS.name]: encodeURIComponent(automation.name),
		[AUTOMATION_HEADERS.due]: new Date(dueMs).toISOString(),
	}).flat();
}
