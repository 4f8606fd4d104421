/**
 * Reads what `supabase/config.toml` says about functions. The file itself is never uploaded: it describes a whole
 * project, and some people write secrets into it.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as z from "zod";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";

/** A section `[functions.NAME]`. Paths are relative to the folder of the file. */
export interface SupabaseFunction {
	readonly enabled: boolean;
	/** Undefined if the section does not have the key. Supabase then verifies tokens. */
	readonly verifyJwt: boolean | undefined;
	readonly entrypoint: string | undefined;
	readonly importMap: string | undefined;
	readonly staticFiles: readonly string[] | undefined;
	/** The 1-based line of a key; the line of the section, if it does not have the key. */
	lineOf(key: string): number;
}

export interface SupabaseConfig {
	/** Relative to the root. */
	readonly path: string;
	/** The sections by the function's name. */
	readonly functions: ReadonlyMap<string, SupabaseFunction>;
	/** The names in `[edge_runtime.secrets]`, in capital letters as Supabase sets them, with their 1-based lines. */
	readonly secrets: ReadonlyMap<string, number>;
}

const functionSchema = z.object({
	enabled: z.boolean().default(true),
	verify_jwt: z.boolean().optional(),
	entrypoint: z.string().optional(),
	import_map: z.string().optional(),
	static_files: z.array(z.string()).optional(),
});
const configSchema = z.object({
	functions: z.record(z.string(), functionSchema).default({}),
	edge_runtime: z.object({ secrets: z.record(z.string(), z.unknown()).default({}) }).optional(),
});

/** The error for a fault of the file. @param line 1-based */
export function supabaseFault(path: string, line: number, why: string, hint?: string): AppError {
	return new AppError({
		code: "SUPABASE_CONFIG_INVALID",
		message: `${path}:${line}: ${why}.`,
		hint: hint ?? "docs/supabase.md lists the keys that Coffer reads.",
		exit: EXIT.usage,
	});
}

/**
 * Reads the file.
 * @param path relative to the root
 * @returns no functions and no secrets if there is no such file
 * @throws AppError `SUPABASE_CONFIG_INVALID` (exit 2) with the line, `FILE_TOO_LARGE` (exit 1)
 */
export function readSupabaseConfig(root: string, path: string): SupabaseConfig {
	const full = join(root, path);
	if (statSync(full, { throwIfNoEntry: false })?.isFile() !== true)
		return { path, functions: new Map(), secrets: new Map() };
	const text = fromUtf8(readBoundedSync(full, FILE_BYTES.settings, { links: true }));
	if (text === undefined) throw supabaseFault(path, 1, "the file is not UTF-8");
	const lines = linesOf(text);
	const result = configSchema.safeParse(parseToml(path, text));
	if (!result.success) {
		const [issue] = result.error.issues;
		const at = issue?.path.map(String) ?? [];
		const line = lines.get(at.join(".")) ?? lines.get(at.slice(0, -1).join(".")) ?? 1;
		throw supabaseFault(
			path,
			line,
			`"${at.join(".")}" is not valid: ${issue?.message ?? "it has another form"}`,
		);
	}
	const { edge_runtime, functions } = result.data;
	const secrets = Object.keys(edge_runtime?.secrets ?? {});
	return {
		path,
		functions: new Map(
			Object.entries(functions).map(([name, value]): [string, SupabaseFunction] => [
				name,
				{
					enabled: value.enabled,
					verifyJwt: value.verify_jwt,
					entrypoint: value.entrypoint,
					importMap: value.import_map,
					staticFiles: value.static_files,
					lineOf: (key) => lines.get(`functions.${name}.${key}`) ?? lines.get(`functions.${name}`) ?? 1,
				},
			]),
		),
		secrets: new Map(
			secrets.map((name) => [name.toUpperCase(), lines.get(`edge_runtime.secrets.${name}`) ?? 1] as const),
		),
	};
}

/** @throws AppError `SUPABASE_CONFIG_INVALID` (exit 2) */
function parseToml(path: string, text: string): unknown {
	try {
		return parse(text);
	} catch (error) {
		if (!(error instanceof TomlError)) throw error;
		// Only the first line of the message: the others show the text of the file, which may contain a secret.
		const [why = "it is not TOML"] = error.message.split("\n");
		throw supabaseFault(path, error.line, why.replace(/\.$/, ""));
	}
}

/**
 * The lines of the sections and of their keys, by dotted name. The parser does not return them. A key that is written
 * in another form, such as an inline table, has no line of its own.
 */
function linesOf(text: string): Map<string, number> {
	const lines = new Map<string, number>();
	let section = "";
	for (const [index, line] of text.split("\n").entries()) {
		const header = /^\s*\[\s*([^[\]]+?)\s*\]/.exec(line)?.[1];
		const key = /^\s*([\w-]+|"[^"]*"|'[^']*')\s*=/.exec(line)?.[1];
		if (header !== undefined) section = plainName(header);
		const name = header === undefined ? key && `${section}.${plainName(key)}` : section;
		if (name !== undefined && !lines.has(name)) lines.set(name, index + 1);
	}
	return lines;
}

/** A dotted name without quotes and without spaces around its dots. */
function plainName(name: string): string {
	return name.replace(/\s*\.\s*/g, ".").replace(/["']/g, "");
}
