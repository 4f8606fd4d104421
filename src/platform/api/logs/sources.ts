/** Selects the functions whose lines a request reads: functions by name, or all functions of an app. */
import { AppError, EXIT } from "../../../errors.ts";
import { unknownFunctions } from "../../../modules/function-name.ts";
import type { App } from "../../apps/app.ts";
import type { FunctionLifetime } from "../../functions/lifetimes.ts";
import {
	type Kept,
	type KeptLines,
	type LogLine,
	type LogQuery,
	NO_FUNCTION,
	type RequestLine,
	type Timed,
} from "../../logs/function-logs.ts";
import type { Call } from "../endpoint.ts";
import { Newest } from "./newest.ts";

/** One kind of lines of an app. */
export interface Source<Line extends Timed> {
	readonly app: App;
	readonly lines: KeptLines<Line>;
	/** The names of the functions. Undefined: all functions of the app, including later ones. */
	readonly names: readonly string[] | undefined;
	/** Whether lines that belong to no function are included if all functions are read. */
	readonly hasOthers: boolean;
	/** The number of characters of a line in an answer. */
	sizeOf(line: Line): number;
}

/** The lines that functions wrote. @param names undefined: all functions */
export function writtenBy(
	{ core }: Pick<Call, "core">,
	app: App,
	names: readonly string[] | undefined,
): Source<LogLine> {
	return { app, lines: core.logs, names, hasOthers: false, sizeOf: ({ message }) => message.length };
}

/** The requests to functions. @param names as in `writtenBy` */
export function requestsTo(
	{ core }: Pick<Call, "core">,
	app: App,
	names: readonly string[] | undefined,
): Source<RequestLine> {
	return { app, lines: core.logs.requests, names, hasOthers: true, sizeOf: ({ path }) => path.length };
}

/** @throws AppError `FUNCTION_NOT_FOUND` (exit 4) if the app has no function of one of the names */
export function checkFunctions(app: App, names: readonly string[]): void {
	const unknown = names.find((name) => !app.state.functions.has(name));
	if (unknown === undefined) return;
	throw new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `App '${app.id}' has no function ${unknownFunctions([unknown])}.`,
		hint: "'coffer functions list' shows the deployed functions.",
		exit: EXIT.notFound,
	});
}

/**
 * The functions of a source at this moment, each with its lifetime. The name is null for lines that belong to
 * no function.
 */
export function* present<Line extends Timed>({
	app,
	hasOthers,
	names,
}: Source<Line>): Generator<[name: string | null, lifetime: FunctionLifetime]> {
	for (const name of names ?? app.state.functions.keys()) {
		const lifetime = app.functionLifetime(name);
		if (lifetime !== undefined) yield [name, lifetime];
	}
	if (names === undefined && hasOthers) yield [null, { app: app.lifetimeId, function: NO_FUNCTION }];
}

/** The newest lines: `limit` of each named function, or of all functions together. */
export async function readNewest<Line extends Timed>(
	source: Source<Line>,
	query: LogQuery,
): Promise<readonly { readonly name: string | null; readonly line: Kept<Line> }[]> {
	const newest = new Newest<Line>(limitOf(source, query), source.sizeOf);
	// A copy, since functions may be created and deleted during the reads.
	for (const [name, lifetime] of [...present(source)])
		newest.add(name, await source.lines.read(lifetime.app, lifetime.function, query));
	return newest.take();
}

/** The most lines of an answer, apart from the limit of all answers. */
export function limitOf<Line extends Timed>({ names }: Source<Line>, { limit }: LogQuery): number {
	return names === undefined ? limit : limit * names.length;
}
