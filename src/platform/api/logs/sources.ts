/** Whose lines are asked for: functions by their names, or all that an app has. */
import { AppError, EXIT } from "../../../errors.ts";
import { printable } from "../../../printable.ts";
import type { App } from "../../apps/app.ts";
import type { FunctionLifetime } from "../../functions/lifetimes.ts";
import {
	type Kept,
	type KeptLines,
	type LogQuery,
	NO_FUNCTION,
	type Timed,
} from "../../logs/function-logs.ts";
import { Newest } from "./newest.ts";

/** One kind of lines of an app. */
export interface Source<Line extends Timed> {
	readonly app: App;
	readonly lines: KeptLines<Line>;
	/** The functions; undefined: all that the app has, those too that come later. */
	readonly names: readonly string[] | undefined;
	/** Whether what came for no function is among them, where all are asked for. */
	readonly hasOthers: boolean;
	/** Characters that a line takes in an answer. */
	sizeOf(line: Line): number;
}

/** @throws AppError `FUNCTION_NOT_FOUND` (exit 4) where the app has no function of one of the names */
export function checkFunctions(app: App, names: readonly string[]): void {
	const unknown = names.find((name) => !app.state.functions.has(name));
	if (unknown === undefined) return;
	throw new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `App '${app.id}' has no function ${printable(unknown)}.`,
		hint: "'coffer functions list' shows the functions that are deployed.",
		exit: EXIT.notFound,
	});
}

/** Whose lines they are at this moment, with the life of each; null is the name of what came for no function. */
export function* present<Line extends Timed>({
	app,
	hasOthers,
	names,
}: Source<Line>): Generator<[name: string | null, life: FunctionLifetime]> {
	for (const name of names ?? app.state.functions.keys()) {
		const lifetime = app.functionLifetime(name);
		if (lifetime !== undefined) yield [name, lifetime];
	}
	if (names === undefined && hasOthers) yield [null, { app: app.lifetimeId, function: NO_FUNCTION }];
}

/** The last lines: `limit` of each function that is named, or of all together. */
export async function readNewest<Line extends Timed>(
	source: Source<Line>,
	query: LogQuery,
): Promise<readonly { readonly name: string | null; readonly line: Kept<Line> }[]> {
	const newest = new Newest<Line>(limitOf(source, query), source.sizeOf);
	// As it is now: while one is read, functions may come and go.
	for (const [name, lifetime] of [...present(source)])
		newest.add(name, await source.lines.read(lifetime.app, lifetime.function, query));
	return newest.take();
}

/** How many lines an answer has at the most, whatever the bound of all answers. */
export function limitOf<Line extends Timed>({ names }: Source<Line>, { limit }: LogQuery): number {
	return names === undefined ? limit : limit * names.length;
}
