/**
 * A connection to a platform's control API: sends requests by the route table, decodes answers strictly, and converts
 * every failure to an AppError.
 */
import { AppError, EXIT } from "../../errors.ts";
import { type Answer, sendRequest, type Transport } from "../../http/request.ts";
import { requestFault } from "../../http/request-fault.ts";
import { decode, staleSchema } from "../../protocol/messages.ts";
import { errorFromProblem } from "../../protocol/problem.ts";
import { type Route, routePath } from "../../protocol/routes.ts";
import { readBounded, readLines } from "./response.ts";

const ANSWER_MS = 10_000;
/** The time limit of a whole answer, in milliseconds. */
const WHOLE_MS = 60_000;
/** The slowest upload that does not time out: 32 KB/s. */
const UPLOAD_BYTES_PER_MS = 32;
/** The time limit of a whole streamed answer: a redeploy waits for functions to start and for builds to end. */
const STREAM_MS = 10 * 60_000;
/** An answer with a page of log entries can be larger than one message. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/**
 * The bounds of a streamed answer: bytes in all, and characters of one line. For a stream without end only the
 * line is bounded.
 */
const ANSWER_BOUNDS = [ANSWER_BYTES_MAX, ANSWER_BYTES_MAX] as const;
const ENDLESS_BOUNDS = [Number.POSITIVE_INFINITY, 1024 * 1024] as const;

export interface RemoteOptions {
	/** Origin of the control API. */
	readonly url: string;
	readonly token: string | undefined;
	/** The time limit from the end of the request to the beginning of the answer, in milliseconds. 10,000 by default. */
	readonly answerMs?: number | undefined;
	/** Ends every running request. */
	readonly signal?: AbortSignal | undefined;
	/** Sends a request to the platform. HTTP by default. */
	readonly transport?: Transport | undefined;
	/** Adds to an error of the platform what only the caller knows. @param app the app that the request names */
	readonly explain?: ((error: AppError, app: string | undefined) => AppError) | undefined;
}

function unreachable(url: string, cause: unknown): AppError {
	const { kind, code } = requestFault(cause);
	if (kind === "certificate") return certificateRefused(url, code, cause);
	if (kind === "redirect") return redirected(url, cause);
	const slow = kind === "timeout";
	return new AppError({
		code: slow ? "PLATFORM_TIMEOUT" : "PLATFORM_UNREACHABLE",
		message: slow
			? `The platform at ${url} did not answer in time.`
			: `The platform at ${url} cannot be reached${code}.`,
		hint: "Check that it runs and that this machine can reach it. Changes of secrets wait in the vault until they are synced.",
		exit: EXIT.network,
		cause,
	});
}

function certificateRefused(url: string, code: string, cause: unknown): AppError {
	return new AppError({
		code: "PLATFORM_CERTIFICATE_REFUSED",
		message: `The certificate of the platform at ${url} is not valid${code}. Nothing was sent.`,
		hint: "Check the address and the certificate. If you use your own certificate authority, set NODE_EXTRA_CA_CERTS to the file of its certificate.",
		exit: EXIT.network,
		cause,
	});
}

function redirected(url: string, cause: unknown): AppError {
	return new AppError({
		code: "PLATFORM_REDIRECTED",
		message: `The platform at ${url} redirects requests to another address. Nothing was sent there.`,
		hint: "If this network shows a page for signing in, sign in first. If the platform has another address now, link it: coffer link URL --app APP. Changes of secrets wait in the vault until they are synced.",
		exit: EXIT.network,
		cause,
	});
}

function interrupted(url: string, cause?: unknown): AppError {
	return new AppError({
		code: "PLATFORM_ANSWER_CUT",
		message: `The connection to the platform at ${url} broke before its answer was complete.`,
		hint: "Run the command again: a change that arrived is not applied twice.",
		exit: EXIT.network,
		cause,
	});
}

export class Connection {
	readonly #options: RemoteOptions;

	constructor(options: RemoteOptions) {
		this.#options = options;
	}

	get url(): string {
		return this.#options.url;
	}

	/** Sends a request and decodes its answer. @param what names the answer in errors */
	async json<T>(
		route: Route,
		request: RequestParts,
		schema: Parameters<typeof decode<T>>[0],
		what: string,
	): Promise<T> {
		const response = await this.send(route, request);
		const text = await this.#guarded(() => readBounded(response, ANSWER_BYTES_MAX));
		return decode(schema, parseJson(text, what), what, EXIT.network);
	}

	/**
	 * Sends a request and decodes the lines of its answer as they arrive.
	 * @param options.silenceMs for an answer without end: the longest time between two lines
	 * @param options.mayBeDocument whether earlier platforms answer with one document
	 */
	async *stream<T>(
		route: Route,
		request: RequestParts,
		schema: Parameters<typeof decode<T>>[0],
		what: string,
		{ mayBeDocument = false, silenceMs }: { mayBeDocument?: boolean; silenceMs?: number } = {},
	): AsyncGenerator<T> {
		const silence = new AbortController();
		const timer = setTimeout(() => silence.abort(), silenceMs ?? STREAM_MS).unref();
		let lines: ReturnType<typeof readLines> | undefined;
		try {
			const response = await this.send(route, request, Number.POSITIVE_INFINITY, silence.signal);
			const bounds = silenceMs === undefined ? ANSWER_BOUNDS : ENDLESS_BOUNDS;
			const read = readLines(response, ...bounds, mayBeDocument);
			lines = read;
			for (;;) {
				const next = await this.#guarded(() => read.next());
				if (silenceMs !== undefined) timer.refresh();
				if (next.done) return;
				const value = parseJson(next.value, what);
				throwIfProblem(value);
				yield decode(schema, value, what, EXIT.network);
			}
		} finally {
			clearTimeout(timer);
			await lines?.return(undefined);
		}
	}

	async #guarded<T>(work: () => Promise<T>): Promise<T> {
		try {
			return await work();
		} catch (error) {
			if (error instanceof AppError) throw error;
			throw interrupted(this.url, error);
		}
	}

	/** Sends a request whose answer has no content. */
	async done(route: Route, request: RequestParts): Promise<void> {
		const answer = await this.send(route, request);
		await this.#guarded(() => readBounded(answer, ANSWER_BYTES_MAX));
	}

	/** Sends a request. @throws AppError the platform's error, or exit 6 */
	async send(route: Route, request: RequestParts, totalMs = WHOLE_MS, until?: AbortSignal): Promise<Answer> {
		const { answerMs = ANSWER_MS, transport: send = sendRequest, token, url, signal } = this.#options;
		const query = request.query ? `?${request.query}` : "";
		const type = request.json === undefined ? "application/octet-stream" : "application/json";
		const hasBody = request.json !== undefined || request.bytes !== undefined;
		const headers = {
			accept: "application/json, application/x-ndjson, application/problem+json",
			...(token !== undefined && route.scope !== undefined && { authorization: `Bearer ${token}` }),
			...(hasBody && { "content-type": type }),
		};
		const body = request.json !== undefined ? JSON.stringify(request.json) : request.bytes;
		const size = typeof body === "string" ? Buffer.byteLength(body) : (body?.byteLength ?? 0);
		const beginMs = answerMs + Math.ceil(size / UPLOAD_BYTES_PER_MS);
		// A platform that accepts connections but never answers must not block a command for as long as a redeploy may take.
		const begin = new AbortController();
		const timer = setTimeout(() => begin.abort(new DOMException("no answer", "TimeoutError")), beginMs);
		const total = Number.isFinite(totalMs) ? [AbortSignal.timeout(beginMs + totalMs)] : [];
		const signals = [...total, begin.signal, ...[signal, until].filter((each) => each !== undefined)];
		let answer: Answer;
		try {
			answer = await send(new URL(routePath(route, request.parameters) + query, url), {
				method: route.method,
				headers,
				body,
				signal: AbortSignal.any(signals),
			});
		} catch (error) {
			throw unreachable(url, error);
		} finally {
			clearTimeout(timer);
		}
		if (answer.ok) return answer;
		const text = await this.#guarded(() => readBounded(answer, ANSWER_BYTES_MAX));
		const error = withNewerEntries(errorFromProblem(answer.status, tryJson(text)), tryJson(text));
		throw this.#options.explain?.(error, request.parameters?.app) ?? error;
	}
}

/** The error with the newer entries from the answer to a stale change as its data. */
function withNewerEntries(error: AppError, problem: unknown): AppError {
	if (error.code !== "CHANGE_STALE") return error;
	const { code, message, hint, exit } = error;
	return new AppError({
		code,
		message,
		hint,
		exit,
		data: decode(staleSchema, problem, "The platform's log", EXIT.network),
	});
}

export interface RequestParts {
	readonly parameters?: Readonly<Record<string, string>>;
	readonly query?: URLSearchParams;
	readonly json?: unknown;
	readonly bytes?: Uint8Array;
}

function tryJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function parseJson(text: string, what: string): unknown {
	const value = tryJson(text);
	if (value !== undefined) return value;
	throw new AppError({
		code: "ANSWER_NOT_JSON",
		message: `${what} is not JSON.`,
		hint: "Check that the URL is the address of a Coffer platform's control API.",
		exit: EXIT.network,
	});
}

/** Throws the failure in a line. A stream that has begun has no other way to report one. */
function throwIfProblem(value: unknown): void {
	if (typeof value !== "object" || value === null || !("type" in value) || value.type !== "problem") return;
	const problem: unknown = "problem" in value ? value.problem : undefined;
	const status =
		typeof problem === "object" && problem !== null && "status" in problem ? Number(problem.status) : 500;
	throw errorFromProblem(status, problem);
}
