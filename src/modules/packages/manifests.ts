/**
 * The configuration files of a project, each parsed once, and which of them were used. Pure: the files come through a
 * port.
 */
import { parse as parseYaml } from "yaml";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { type Jsonc, parseJsonc } from "../jsonc.ts";
import { CONFIGURATION_BYTES_MAX } from "../limits.ts";
import { join } from "../paths.ts";

export interface ManifestPort {
	/** The bytes of a file of the root, or undefined where there is none. */
	read(path: string): Uint8Array | undefined;
	/**
	 * The names of the folders in a folder ("" for the root), links to folders among them; no hidden one, and no
	 * `node_modules`.
	 */
	folders(directory: string): readonly string[];
}

export type Manifest = ReadonlyMap<string, Jsonc>;

/** The error for a configuration file that cannot be used. @param why ends the sentence that the path begins */
export function configurationFault(path: string, why: string): AppError {
	return new AppError({
		code: "CONFIGURATION_INVALID",
		message: `${path} ${why}.`,
		hint: "Correct the file; comments and trailing commas are fine in JSON.",
		exit: EXIT.usage,
	});
}

/** @throws AppError `CONFIGURATION_INVALID` (exit 2) for a file that is larger than any that somebody wrote */
export function checkConfigurationSize(path: string, { length }: Uint8Array): void {
	if (length <= CONFIGURATION_BYTES_MAX) return;
	const [size, limit] = [length, CONFIGURATION_BYTES_MAX].map((bytes) => (bytes / 1024 / 1024).toFixed(1));
	throw configurationFault(path, `has ${size} MiB; ${limit} MiB is the limit for a configuration file`);
}

/** What was found in contents: those who share a file share it. */
const parsed = new WeakMap<Uint8Array, Manifest>();

export class Manifests {
	readonly #port: ManifestPort;
	readonly #used = new Set<string>();
	readonly #byPath = new Map<string, Manifest | undefined>();

	constructor(port: ManifestPort) {
		this.#port = port;
	}

	/** The paths of the files that were there when they were asked for, sorted. */
	get used(): string[] {
		return [...this.#used].sort();
	}

	/** As the port's. */
	folders(directory: string): readonly string[] {
		return this.#port.folders(directory);
	}

	/** Whether there is such a file. */
	has(path: string): boolean {
		return this.#port.read(path) !== undefined;
	}

	/** The object in a JSON file, comments allowed. @throws AppError `CONFIGURATION_INVALID` (exit 2) */
	json(path: string): Manifest | undefined {
		return this.#load(path, (text) => parseJsonc(text));
	}

	/** The mapping in a YAML file. @throws AppError `CONFIGURATION_INVALID` (exit 2) */
	yaml(path: string): Manifest | undefined {
		return this.#load(path, (text) => {
			try {
				return (parseYaml(text, { mapAsMap: true, logLevel: "error" }) ?? new Map()) as Jsonc;
			} catch {
				return undefined;
			}
		});
	}

	/** A folder's `deno.json`, or else its `deno.jsonc`, and which of them it is. @throws as `json` */
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
