/**
 * The platform as the client sees it: one method per route, every answer decoded strictly, every failure typed.
 */
import { AppError, EXIT } from "../errors.ts";
import type { Change } from "../protocol/change.ts";
import {
	type AppInfo,
	appInfoSchema,
	type ChangeEvent,
	type ChangesPage,
	type CreateApp,
	changeEventSchema,
	changesPageSchema,
	type Deploy,
	type DeployEvent,
	decode,
	deployEventSchema,
	type FunctionList,
	type FunctionLogs,
	functionListSchema,
	logsSchema,
	type PlatformInfo,
	platformInfoSchema,
	staleSchema,
} from "../protocol/messages.ts";
import { errorFromProblem } from "../protocol/problem.ts";
import { ROUTES, type Route, routePath } from "../protocol/routes.ts";
import { readBounded, readLines } from "./response.ts";

/** How long a platform may take to begin its answer. */
const ANSWER_MS = 10_000;
/** How long a whole streamed answer may take: a redeploy waits for functions to start and for builds to end. */
const STREAM_MS = 10 * 60_000;
/** An answer with a page of log entries can be larger than one message. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export interface RemoteOptions {
	/** Origin of the control API. */
	readonly url: string;
	readonly token: string | undefined;
	/** Ends every request that is under way. */
	readonly signal?: AbortSignal | undefined;
}

function unreachable(url: string, cause: unknown): AppError {
	const error = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
	const code =
		error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
	const slow = cause instanceof Error && cause.name === "TimeoutError";
	return new AppError({
		code: slow ? "PLATFORM_TIMEOUT" : "PLATFORM_UNREACHABLE",
		message: slow
			? `The platform at ${url} did not answer in time.`
			: `The platform at ${url} is out of reach${code}.`,
		hint: "Check that it runs and that this machine reaches it; the vault keeps what was changed until it is synced.",
		exit: EXIT.network,
		cause,
	});
}

function interrupted(url: string, cause?: unknown): AppError {
	return new AppError({
		code: "PLATFORM_ANSWER_CUT",
		message: `The connection to the platform at ${url} broke before its answer was complete.`,
		hint: "Run the command again: what arrived is not done twice.",
		exit: EXIT.network,
		cause,
	});
}

export class Remote {
	readonly #options: RemoteOptions;

	constructor(options: RemoteOptions) {
		this.#options = options;
	}

	get url(): string {
		return this.#options.url;
	}

	platform(): Promise<PlatformInfo> {
		return this.#json(ROUTES.platform, {}, platformInfoSchema, "The platform's description");
	}

	createApp(app: string, body: CreateApp): Promise<AppInfo> {
		return this.#json(
			ROUTES.createApp,
			{ parameters: { app }, json: body },
			appInfoSchema,
			"The app's description",
		);
	}

	showApp(app: string): Promise<AppInfo> {
		return this.#json(ROUTES.showApp, { parameters: { app } }, appInfoSchema, "The app's description");
	}

	readChanges(app: string, after: number): Promise<ChangesPage> {
		const request = { parameters: { app }, query: new URLSearchParams({ after: String(after) }) };
		return this.#json(ROUTES.readChanges, request, changesPageSchema, "The platform's log");
	}

	/** Sends a change. @throws AppError `CHANGE_STALE` (exit 5) with the newer entries as `data` */
	appendChange(app: string, change: Change): AsyncGenerator<ChangeEvent> {
		return this.#stream(
			ROUTES.appendChange,
			{ parameters: { app }, json: change },
			changeEventSchema,
			"The platform's answer",
		);
	}

	deploy(app: string, body: Deploy): AsyncGenerator<DeployEvent> {
		return this.#stream(
			ROUTES.deploy,
			{ parameters: { app }, json: body },
			deployEventSchema,
			"The platform's answer",
		);
	}

	async putBlob(app: string, hash: string, bytes: Uint8Array): Promise<void> {
		const response = await this.#request(ROUTES.putBlob, { parameters: { app, hash }, bytes });
		await response.body?.cancel();
	}

	listFunctions(app: string): Promise<FunctionList> {
		return this.#json(
			ROUTES.listFunctions,
			{ parameters: { app } },
			functionListSchema,
			"The list of functions",
		);
	}

	async deleteFunctions(app: string, names: readonly string[]): Promise<void> {
		const query = new URLSearchParams(names.map((name): [string, string] => ["name", name]));
		const response = await this.#request(ROUTES.deleteFunctions, { parameters: { app }, query });
		await response.body?.cancel();
	}

	logs(app: string, name: string): Promise<FunctionLogs> {
		const request = { parameters: { app }, query: new URLSearchParams({ function: name }) };
		return this.#json(ROUTES.readLogs, request, logsSchema, "The function's log");
	}

	async #json<T>(
		route: Route,
		request: RequestParts,
		schema: Parameters<typeof decode<T>>[0],
		what: string,
	): Promise<T> {
		const response = await this.#request(route, request);
		const text = await this.#guarded(() => readBounded(response, ANSWER_BYTES_MAX));
		return decode(schema, parseJson(text, what), what, EXIT.network);
	}

	async *#stream<T>(
		route: Route,
		request: RequestParts,
		schema: Parameters<typeof decode<T>>[0],
		what: string,
	): AsyncGenerator<T> {
		const response = await this.#request(route, request, STREAM_MS);
		const lines = readLines(response, ANSWER_BYTES_MAX);
		for (;;) {
			const next = await this.#guarded(() => lines.next());
			if (next.done) return;
			const value = parseJson(next.value, what);
			throwIfProblem(value);
			yield decode(schema, value, what, EXIT.network);
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

	async #request(route: Route, request: RequestParts, totalMs?: number): Promise<Response> {
		const { token, url, signal } = this.#options;
		const query = request.query ? `?${request.query}` : "";
		const headers = new Headers({
			accept: "application/json, application/x-ndjson, application/problem+json",
		});
		if (token !== undefined && route.scope !== undefined) headers.set("authorization", `Bearer ${token}`);
		if (request.json !== undefined) headers.set("content-type", "application/json");
		if (request.bytes !== undefined) headers.set("content-type", "application/octet-stream");
		const body = request.json !== undefined ? JSON.stringify(request.json) : request.bytes;
		const signals = [
			AbortSignal.timeout(totalMs ?? (request.bytes ? STREAM_MS : ANSWER_MS)),
			...(signal ? [signal] : []),
		];
		let response: Response;
		try {
			response = await fetch(new URL(routePath(route, request.parameters) + query, url), {
				method: route.method,
				headers,
				redirect: "error",
				signal: AbortSignal.any(signals),
				...(body === undefined ? {} : { body }),
			});
		} catch (error) {
			throw unreachable(url, error);
		}
		if (response.ok) return response;
		const text = await this.#guarded(() => readBounded(response, ANSWER_BYTES_MAX));
		throw withNewerEntries(errorFromProblem(response.status, tryJson(text)), tryJson(text));
	}
}

/** The newer entries that a stale change's answer brings, as the error's data. */
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

interface RequestParts {
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
		hint: "Check that the URL is that of a Coffer platform's control API.",
		exit: EXIT.network,
	});
}

/** A stream that has begun can report a failure only in a line of its own. */
function throwIfProblem(value: unknown): void {
	if (typeof value !== "object" || value === null || !("type" in value) || value.type !== "problem") return;
	const problem: unknown = "problem" in value ? value.problem : undefined;
	const status =
		typeof problem === "object" && problem !== null && "status" in problem ? Number(problem.status) : 500;
	throw errorFromProblem(status, problem);
}
