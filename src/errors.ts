/**
 * The one error type that Coffer throws on purpose. Every other error at the top level is a bug in Coffer, and is
 * reported as a bug.
 *
 * A leaf: imports nothing.
 */

/** The exit statuses of the command line, as docs/commands.md documents them. */
export const EXIT = {
	ok: 0,
	failure: 1,
	usage: 2,
	unauthorised: 3,
	notFound: 4,
	conflict: 5,
	network: 6,
	integrity: 7,
	/** A search found what it looked for: `coffer scan` found a value of the vault. */
	found: 8,
	/** `coffer run` itself failed, before or instead of the command that it runs. */
	run: 125,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export interface AppErrorOptions {
	/** Stable, SCREAMING_SNAKE; programs match on it. */
	code: string;
	/** What is wrong and where, as one sentence. Never contains a secret's value or a part of one. */
	message: string;
	/** What to do about it, as one sentence. If there is a choice, one line for each. */
	hint: string;
	exit: ExitStatus;
	/** 1-based line in the file that the message names. */
	line?: number;
	/** The names that the message lists, for programs. Names of secrets, for example of a conflict. */
	names?: readonly string[];
	/** The command's result, which is printed although the command failed, for example after a failed redeploy. */
	data?: unknown;
	cause?: unknown;
}

/** The properties that only some errors have. */
type ErrorDetails = Pick<AppErrorOptions, "line" | "names">;

export class AppError extends Error {
	readonly code: string;
	readonly hint: string;
	readonly exit: ExitStatus;
	readonly line: number | undefined;
	readonly names: readonly string[] | undefined;
	readonly data: unknown;

	constructor(options: AppErrorOptions) {
		super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
		this.name = "AppError";
		this.code = options.code;
		this.hint = options.hint;
		this.exit = options.exit;
		this.line = options.line;
		this.names = options.names;
		this.data = options.data;
	}

	/**
	 * The same error with another text, for code that knows more about the context. The original is its cause.
	 * @param changes the properties to replace. The line, the names and the data stay if they are not given
	 */
	with(changes: Partial<Omit<AppErrorOptions, "cause" | "line">>): AppError {
		const { code, data, exit, hint, message } = this;
		return new AppError({ code, message, hint, exit, data, ...this.#details(), ...changes, cause: this });
	}

	/** The shape that `--json` prints on stderr. */
	toJSON(): { code: string; message: string; hint: string; exit: number } & ErrorDetails {
		const { code, message, hint, exit } = this;
		return { code, message, hint, exit, ...this.#details() };
	}

	#details(): ErrorDetails {
		const { line, names } = this;
		return { ...(line === undefined ? {} : { line }), ...(names === undefined ? {} : { names }) };
	}
}

/** For a promise's `catch`: turns an `AppError` into undefined. @throws every other error, which is a bug */
export function toUndefined(error: unknown): undefined {
	if (!(error instanceof AppError)) throw error;
}

/** Runs work. @returns its result; undefined if it threw an `AppError` @throws every other error, which is a bug */
export function attempt<T>(work: () => T): T | undefined {
	try {
		return work();
	} catch (error) {
		return toUndefined(error);
	}
}
