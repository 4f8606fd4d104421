/**
 * Parses the configuration files of a project, each once, and records which of them were used. Pure: a port reads the
 * files.
 */
import { parse as parseYaml } from "yaml";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { type Jsonc, parseJsonc } from "../jsonc.ts";
import { CONFIGURATION_BYTES_MAX } from "../limits.ts";
import { join } from "../paths.ts";

export interface ManifestPort {
	/** The bytes of a file, by its path from the root; undefined if it does not exist. */
	read(path: string): Uint8Array | undefined;
	/**
	 * The names of the folders in a folder ("" for the root). Links to folders are included; hidden folders and
	 * `node_modules` are not.
	 */
	folders(directory: string): readonly string[];
}

export type Manifest = ReadonlyMap<string, Jsonc>;

/** The error for a configuration file that cannot be used. @param why a clause that follows the path */
export function configurationFault(path: string, why: string): AppError {
	return new AppError({
		code: "CONFIGURATION_INVALID",
		message: `${path} ${why}.`,
		hint: "Correct the file. In JSON, comments and trailing commas are allowed.",
		exit: EXIT.usage,
	});
}

/** @throws AppError `CONFIGURATION_INVALID` (exit 2) for a file above the limit, which is larger than real files are */
export function checkConfigurationSize(path: string, { length }: Uint8Array): void {
	if (length <= CONFIGURATION_BYTES_MAX) return;
	const [size, limit] = [length, CONFIGURATION_BYTES_MAX].map((bytes) => (bytes / 1024 / 1024).toFixed(1));
	throw configurationFault(path, `has ${size} MiB; the limit for a configuration file is ${limit} MiB`);
}

/** The parsed objects by the bytes that they were parsed from, so that several walks parse a file once. */
const parsed = new WeakMap<Uint8Array, Manifest>();

export class Manifests {
	readonly #port: ManifestPort;
	readonly #used = new Set<string>();
	readonly #byPath = new Map<string, Manifest | undefined>();

	constructor(port: ManifestPort) {
		this.#port = port;
	}

	/** The paths of all files that were requested and exist, sorted. */
	get used(): string[] {
		return [...this.#used].sort();
	}

	/** The same as the port's `folders`. */
	folders(directory: string): readonly string[] {
		return this.#port.folders(directory);
	}

	/** Whether the file exists. */
	has(path: string): boolean {
		return this.#port.read(path) !== undefined;
	}

	/** Parses the object in a JSON file, which may have comments. @throws AppError `CONFIGURATION_INVALID` (exit 2) */
	json(path: string): Manifest | undefined {
		return this.#load(path, (text) => parseJsonc(text));
	}

	/** Parses the mapping in a YAML file. @throws AppError `CONFIGURATION_INVALID` (exit 2) */
	yaml(path: string): Manifest | undefined {
		return this.#load(path, (text) => {
			try {
				return (parseYaml(text, { mapAsMap: true, logLevel: "error" }) ?? new Map()) as Jsonc;
			} catch {
				return undefined;
			}
		});
	}

	/** Parses a folder's `deno.json`, or `deno.jsonc` if the first does not exist. @throws like `json` */
	deno(folder: string): { path: string; value: Manifest } | undefined {
		for (const name of ["deno.json", "deno.jsonc"]) {
			const path = join(folder, name);
			const value = this.json(path);
			if (value !== undefined) return { path, value };
		}
		return undefined;
	}

	#load(path: string, parse: (text: string) => Jsonc | undefined): Manifest | undefined {
		if (!this.#byPath.has(path)) this.#byPath.set(path, this.#read(path, parse));
		return this.#byPath.get(path);
	}

	#read(path: string, parse: (text: string) => Jsonc | undefined): Manifest | undefined {
		const bytes = this.#port.read(path);
		if (bytes === undefined) return undefined;
		this.#used.add(path);
		const known = parsed.get(bytes);
		if (known !== undefined) return known;
		checkConfigurationSize(path, bytes);
		const value = parse(fromUtf8(bytes) ?? "\0");
		if (!(value instanceof Map))
			throw configurationFault(path, `is not ${/\.ya?ml$/.test(path) ? "a YAML mapping" : "a JSON object"}`);
		parsed.set(bytes, value);
		return value;
	}
}
