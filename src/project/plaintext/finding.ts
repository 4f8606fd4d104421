/** What a search of files reports: secrets with their places, never a value. */
import { printable } from "../../printable.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { ALLOW_FILE, type Allowed, IDENTITY_WORD } from "./allowed.ts";
import type { Found } from "./search.ts";

/** A secret in the clear, and its position. */
export interface Finding {
	/** The path; bytes that are not UTF-8 are written as `\xff`. */
	readonly file: string;
	/** 1-based; null in a binary file. */
	readonly line: number | null;
	/** 1-based, in characters; null in a binary file. */
	readonly column: number | null;
	/** The number of bytes before it. */
	readonly offset: number;
	/** How it is written: `raw`, `base64`, … */
	readonly form: Found["form"];
	/** The secret's name, and its environment; both are null for an identity. */
	readonly name: string | null;
	readonly environment: string | null;
	/** The folder of the vault, from the top of the repository, if several vaults were searched for. */
	readonly vault?: string;
	/** The line in `.coffer-allow` that allows it: the name and the path from the top of the repository. */
	readonly allow: string;
}

/** A file in which something was found. */
export interface FoundIn {
	/** The path that is shown. */
	readonly file: string;
	/** The path from the top of the repository, by which it is allowed. */
	readonly path: string;
}

/** The findings of one file that are not allowed: one for each secret with the value. */
export function findingsIn({ file, path }: FoundIn, found: readonly Found[], isAllowed: Allowed): Finding[] {
	return found
		.filter((one) => !isAllowed(path, one))
		.flatMap(({ secrets, ...place }) =>
			(secrets ?? [{ name: null, environment: null, vault: undefined }]).map(
				({ environment, name, vault }) => ({
					file,
					...place,
					name,
					environment,
					...(vault !== undefined && { vault }),
					allow: `${name ?? IDENTITY_WORD} ${path}`,
				}),
			),
		);
}

/** A finding in words: the file, the line and the secret's name. */
export function describeFinding({ file, line, name, environment, vault }: Finding): string {
	const place = line === null ? printable(file, 300) : `${printable(file, 300)}, line ${line}`;
	if (name === null) return `${place}: an identity`;
	const where =
		vault === undefined ? "" : `, ${printable(vault === "." ? VAULT_FILE : `${vault}/${VAULT_FILE}`, 300)}`;
	return `${place}: the value of ${name} (${environment}${where})`;
}

/** How to allow a finding, for hints. */
export function allowAdvice({ allow }: Finding): string {
	return `allow it with a line '${printable(allow, 400)}' in ${ALLOW_FILE} at the top of the repository`;
}
