/** The files of one kind of line, one for each function, and the positions of lines. */
import { join } from "node:path";
import { hash, toBase64 } from "../../crypto.ts";
import { positionDigits, positionPrefix, runOfPosition } from "../../protocol/log-position.ts";
import type { Following, Kept, KeptLines, LogQuery, Timed } from "./function-logs.ts";
import { isWanted, type LineKind } from "./line-kind.ts";
import { LogFile, type LogFileLimits } from "./log-file.ts";

export interface LogFilesOptions {
	/** A directory that contains only these files. It is created with the first line. */
	readonly directory: string;
	/** Called if lines cannot be written to the disk, at most once a minute. */
	readonly onError: (error: unknown) => void;
	/**
	 * Called once requests can be written again, if requests to unknown functions were dropped: there is no function whose
	 * log could report this.
	 */
	readonly onUnknownDropped?: (requests: number) => void;
	readonly limits?: LogFileLimits;
}

/** Characters of a hash. It is used because function names may contain slashes, and some file systems ignore case. */
const NAME_CHARACTERS = 22;

export type Listener<Line> = (line: Kept<Line>) => void;

interface Open<Line extends Timed> {
	readonly file: LogFile<Line>;
	readonly listeners: Set<Listener<Line>>;
}

/** Counts the lines of this run of the platform. */
export class Positions {
	#run = Date.now();
	#count = 0;
	/** The part of a position that all lines of the run share. */
	#beginning = positionPrefix(this.#run);

	/** Makes this run later than the run of a position, since the clock may have gone back. */
	startAfter(position: string): void {
		this.#run = Math.max(this.#run, runOfPosition(position) + 1);
		this.#beginning = positionPrefix(this.#run);
	}

	next(): string {
		this.#count++;
		return this.last;
	}

	get last(): string {
		return `${this.#beginning}${positionDigits(this.#count)}`;
	}
}

interface LinesOptions<Line extends Timed> extends Pick<LogFilesOptions, "directory" | "onError"> {
	readonly limits: LogFileLimits;
	readonly kind: LineKind<Line>;
	readonly positions: Positions;
	/** Called once a function's lines can be written again, if this kind of line does not report dropped lines. */
	readonly onDropped?: (app: string, name: string, count: number) => void;
}

/** The files of one kind. */
export class LinesInFiles<Line extends Timed> implements KeptLines<Line> {
	readonly #options: LinesOptions<Line>;
	readonly #open = new Map<string, Open<Line>>();
	readonly #lost = { count: 0 };

	constructor(options: LinesOptions<Line>) {
		this.#options = options;
	}

	append(app: string, name: string, line: Line): void {
		const { file, listeners } = this.#of(app, name);
		const position = this.#options.positions.next();
		file.append(this.#options.kind.write(line, position));
		if (listeners.size === 0) return;
		const kept = { ...line, position };
		for (const listener of listeners) listener(kept);
	}

	async read(app: string, name: string, query: LogQuery): Promise<Kept<Line>[]> {
		return await this.#of(app, name).file.read(query);
	}

	async follow(
		app: string,
		name: string,
		query: LogQuery,
		listener: Listener<Line>,
	): Promise<Following<Line>> {
		const { file, listeners } = this.#of(app, name);
		const { level } = query;
		const heard: Listener<Line> = (line) => {
			if (isWanted(this.#options.kind, { level }, line)) listener(line);
		};
		const lines = await file.read(query, () => listeners.add(heard));
		return { lines, stop: () => listeners.delete(heard) };
	}

	position(): string {
		return this.#options.positions.last;
	}

	/** The number of lines that were dropped since the platform started. */
	get dropped(): number {
		return this.#lost.count;
	}

	async forget(app: string, name: string): Promise<void> {
		const { file, listeners } = this.#of(app, name);
		await file.clear();
		if (listeners.size === 0) this.#open.delete(keyOf(app, name));
	}

	async forgetAll(app: string): Promise<void> {
		const own = [...this.#open].filter(([key]) => key.startsWith(keyOf(app, "")));
		await Promise.all(own.map(([, { file }]) => file.clear()));
		for (const [key] of own) this.#open.delete(key);
	}

	async flush(): Promise<void> {
		await Promise.all([...this.#open.values()].map(({ file }) => file.flush()));
	}

	#of(app: string, name: string): Open<Line> {
		const key = keyOf(app, name);
		const known = this.#open.get(key);
		if (known !== undefined) return known;
		const { directory, kind, limits, onDropped, onError, positions } = this.#options;
		const path = join(directory, app, fileOf(name, kind));
		const { dropped } = kind;
		const file = new LogFile({
			path,
			kind,
			limits,
			onError,
			lost: this.#lost,
			droppedLine: dropped && ((count) => kind.write(dropped(count), positions.next())),
			onDropped: onDropped && ((count) => onDropped(app, name, count)),
		});
		const opened = { file, listeners: new Set<Listener<Line>>() };
		this.#open.set(key, opened);
		return opened;
	}
}

/** The name of a function's file. */
export function fileOf(name: string, { ending }: { readonly ending: string }): string {
	return `${toBase64(hash(name)).slice(0, NAME_CHARACTERS)}${ending}.ndjson`;
}

function keyOf(app: string, name: string): string {
	return `${app}/${name}`;
}
