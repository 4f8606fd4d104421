/**
 * What functions wrote: the lines that are kept, and those that come.
 */
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { LOG_LINES_MAX, type LogEvent, type LogLines, logLevelSchema } from "../../protocol/function-log.ts";
import { describeError } from "../log.ts";
import type { LogLine, LogQuery } from "../logs/function-logs.ts";
import { appOf, type Call, type Handler, invalid, isStillValid } from "./handlers.ts";
import { NDJSON_MEDIA_TYPE } from "./stream.ts";

const LIMIT = 1_000;
const FUNCTIONS_MAX = 100;
const PING_MS = 15_000;
/** What may wait for a client that reads slowly; further lines are dropped, and it is said how many. */
const WAITING_BYTES = 1024 * 1024;

function numberOf(url: URL, name: string, max: number): number | undefined {
	const text = url.searchParams.get(name);
	if (text === null) return undefined;
	if (/^(0|[1-9][0-9]{0,15})$/.test(text) && Number(text) <= max) return Number(text);
	throw invalid(`The parameter '${name}' must be a number of at most ${max}.`);
}

function queryOf(url: URL): LogQuery {
	const text = url.searchParams.get("level");
	const level = text === null ? undefined : logLevelSchema.safeParse(text);
	if (level?.success === false)
		throw invalid(`The parameter 'level' must be one of: ${logLevelSchema.options.join(", ")}.`);
	return {
		level: level?.data,
		sinceMs: numberOf(url, "since", Number.MAX_SAFE_INTEGER),
		limit: numberOf(url, "limit", LOG_LINES_MAX) ?? LIMIT,
	};
}

/** The functions that are asked for. @throws AppError `FUNCTION_NOT_FOUND` (exit 4), `REQUEST_INVALID` (exit 2) */
function namesOf(call: Call, max: number): string[] {
	const app = appOf(call);
	const names = [...new Set(call.url.searchParams.getAll("function"))];
	if (names.length === 0 || names.length > max)
		throw invalid(max === 1 ? "Name one function: ?function=NAME." : `Name 1 to ${max} functions.`);
	const unknown = names.find((name) => !app.state.functions.has(name));
	if (unknown === undefined) return names;
	throw new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `App '${app.id}' has no function ${printable(unknown)}.`,
		hint: "'coffer functions list' shows the functions that are deployed.",
		exit: EXIT.notFound,
	});
}

export const readLogs: Handler = async (call) => {
	const [name = ""] = namesOf(call, 1);
	const lines = await call.core.logs.read(appOf(call).id, name, queryOf(call.url));
	return Response.json({ lines } satisfies LogLines);
};

/** Writes events to a client, as far as it reads them. */
class EventWriter {
	readonly #controller: ReadableStreamDefaultController<Uint8Array>;
	readonly #encoder = new TextEncoder();
	#dropped = 0;

	constructor(controller: ReadableStreamDefaultController<Uint8Array>) {
		this.#controller = controller;
	}

	write(event: LogEvent): void {
		if ((this.#controller.desiredSize ?? 0) <= 0) {
			if (event.type === "line") this.#dropped++;
			return;
		}
		if (this.#dropped > 0) this.#send({ type: "dropped", lines: this.#dropped });
		this.#dropped = 0;
		this.#send(event);
	}

	#send(event: LogEvent): void {
		this.#controller.enqueue(this.#encoder.encode(`${JSON.stringify(event)}\n`));
	}
}

/** Tells a client what functions wrote and write, until somebody ends it. */
class Following {
	readonly #call: Call;
	readonly #controller: ReadableStreamDefaultController<Uint8Array>;
	readonly #writer: EventWriter;
	readonly #stops: (() => void)[] = [];
	#isOver = false;

	constructor(call: Call, controller: ReadableStreamDefaultController<Uint8Array>) {
		this.#call = call;
		this.#controller = controller;
		this.#writer = new EventWriter(controller);
	}

	/** Ends when the platform closes, and when the token is revoked or has expired. What it throws is told by the stream. */
	async begin(names: readonly string[]): Promise<void> {
		const { closing, core, principal } = this.#call;
		const end = () => this.end();
		const ping = setInterval(() => {
			if (isStillValid(this.#call)) this.#writer.write({ type: "ping" });
			else end();
		}, PING_MS);
		this.#onEnd(() => clearInterval(ping));
		closing.addEventListener("abort", end);
		this.#onEnd(() => closing.removeEventListener("abort", end));
		if (principal !== undefined) this.#onEnd(core.tokens.onRevoked(principal, end));
		if (closing.aborted) end();
		try {
			for (const name of names) await this.#follow(name);
		} catch (error) {
			core.log.error(describeError(error), "an answer ended with an error");
			end();
		}
		// Also where there are no lines: a client gives a silent platform up.
		this.#writer.write({ type: "ping" });
	}

	async #follow(name: string): Promise<void> {
		const { core, url } = this.#call;
		const tell = (line: LogLine) => this.#writer.write({ type: "line", function: name, line });
		let isBehind = true;
		const early: LogLine[] = [];
		const { lines, stop } = await core.logs.follow(appOf(this.#call).id, name, queryOf(url), (line) => {
			if (isBehind) early.push(line);
			else tell(line);
		});
		this.#onEnd(stop);
		for (const line of [...lines, ...early]) tell(line);
		isBehind = false;
	}

	/** Runs at the end, or at once where that was. */
	#onEnd(stop: () => void): void {
		if (this.#isOver) stop();
		else this.#stops.push(stop);
	}

	/** @param isGone the client closed the stream itself */
	end(isGone = false): void {
		if (this.#isOver) return;
		this.#isOver = true;
		for (const stop of this.#stops) stop();
		if (!isGone) this.#controller.close();
	}
}

export const followLogs: Handler = (call) => {
	const names = namesOf(call, FUNCTIONS_MAX);
	queryOf(call.url);
	let following: Following | undefined;
	const body = new ReadableStream<Uint8Array>(
		{
			start: (controller) => {
				following = new Following(call, controller);
				return following.begin(names);
			},
			cancel: () => following?.end(true),
		},
		new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES }),
	);
	return new Response(body, { headers: { "content-type": NDJSON_MEDIA_TYPE, "cache-control": "no-store" } });
};
