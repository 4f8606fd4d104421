/** What the platform and a process that checks sources say to one another. */
import type { AppError } from "../../../errors.ts";
import type { FunctionMaxima } from "../../configuration/limits.ts";
import type { FunctionSource } from "../../functions/function.ts";
import type { ImportRules } from "../imports.ts";
import type { FileSays } from "../settings.ts";

/** What holds for every upload. */
export interface CheckRules extends ImportRules {
	/** What else decides what a bundle is: Deno's version, the hosts that are allowed. */
	readonly conditions: readonly string[];
}

/** An `AppError` on its way between processes. */
export type SentError = ReturnType<AppError["toJSON"]>;

/** What the process is told, one message each. */
export type Order =
	/** Once, first. */
	| { readonly type: "rules"; readonly rules: CheckRules }
	/** One file of the upload that is to be checked. */
	| { readonly type: "file"; readonly path: string; readonly content: Uint8Array }
	/** Checks the functions of the files before, and forgets these. */
	| {
			readonly type: "check";
			readonly functions: readonly FunctionSource[];
			readonly maxima: FunctionMaxima;
			/** Files that ended a process when they were parsed. */
			readonly refused: ReadonlyMap<string, SentError>;
	  }
	/** Parses a file of this machine. */
	| { readonly type: "parse"; readonly file: string };

/** What a bundler gets to see: each path with where its content is, the upload (null) or what was made (an id). */
export type SeenFiles = readonly (readonly [path: string, made: string | null])[];

/** What the process answers; `done` ends each `check` and `parse`. */
export type Report =
	/** A content that is not the upload's; sent before the first function that has it. */
	| { readonly type: "made"; readonly id: string; readonly content: Uint8Array }
	| {
			readonly type: "checked";
			readonly name: string;
			readonly entry: string;
			readonly source: string;
			readonly files: SeenFiles;
			readonly localNames: readonly string[];
			readonly said: FileSays;
	  }
	| { readonly type: "refused"; readonly name: string; readonly error: SentError }
	/** `parses`: how many sources were parsed. */
	| { readonly type: "done"; readonly parses: number; readonly error?: SentError };
