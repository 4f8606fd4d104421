/** The messages between the platform and a process that checks sources. */
import type { AppError } from "../../../errors.ts";
import type { References } from "../../../references/evidence/reference.ts";
import type { FunctionMaxima } from "../../configuration/limits.ts";
import type { FunctionSource } from "../../functions/function.ts";
import type { GraphRequest, Output, OutputRequest } from "../../threads/build-output.ts";
import type { Sharing } from "../batches/sharing.ts";
import type { ImportRules } from "../imports.ts";
import type { FunctionDeclaration } from "../settings.ts";

/** The rules for every upload. */
export interface CheckRules extends ImportRules {
	/** The inputs of a bundle other than its files: Deno's version, the permitted hosts. */
	readonly conditions: readonly string[];
}

/** An `AppError` as it is sent between processes. */
export type SentError = ReturnType<AppError["toJSON"]>;

/** A command to the process. */
export type Order =
	/** The first command, which is sent once. */
	| { readonly type: "rules"; readonly rules: CheckRules }
	/** A file of the upload. */
	| { readonly type: "file"; readonly path: string; readonly content: Uint8Array }
	/** Checks the functions of the files that were sent before, and discards these files. */
	| {
			readonly type: "check";
			readonly functions: readonly FunctionSource[];
			readonly maxima: FunctionMaxima;
			/** Files that ended a process when they were parsed → the error for each. */
			readonly refused: ReadonlyMap<string, SentError>;
	  }
	/** Checks the module graph of a build. */
	| { readonly type: "graph"; readonly request: GraphRequest }
	/** Reads a bundle. */
	| {
			readonly type: "bundle";
			readonly request: OutputRequest;
			/** The path of the program of the thread that analyses the bundle. Undefined if it is not analysed. */
			readonly analyzer: string | undefined;
	  };

/** The files that the bundler sees: each path, with null if the content is the upload's, or the id of generated content. */
export type SeenFiles = readonly (readonly [path: string, made: string | null])[];

/** An answer of the process. `done` is the last answer to `check`, to `graph` and to `bundle`. */
export type Report =
	/** Generated content. It is sent before the first function that uses it. */
	| { readonly type: "made"; readonly id: string; readonly content: Uint8Array }
	| {
			readonly type: "checked";
			readonly name: string;
			readonly entry: string;
			readonly source: string;
			readonly files: SeenFiles;
			/** The paths of the upload's files that the function reads when it runs. */
			readonly assets: readonly string[];
			/** The paths of the modules of workers. */
			readonly workers: readonly string[];
			readonly localNames: readonly string[];
			readonly sharing: Sharing | undefined;
			readonly declaration: FunctionDeclaration;
	  }
	| { readonly type: "refused"; readonly name: string; readonly error: SentError }
	| { readonly type: "bundle"; readonly output: Output; readonly references: References | undefined }
	/** `parses` is the number of sources that were parsed. */
	| { readonly type: "done"; readonly parses: number; readonly error?: SentError };
