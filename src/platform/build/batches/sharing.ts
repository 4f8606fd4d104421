/**
 * Decides which builds can share a run of the bundler. The process that checks an upload computes it, because a
 * configuration can be large. Pure.
 */
import { fromUtf8 } from "../../../bytes.ts";
import { hash, toBase64 } from "../../../crypto.ts";
import { CONFIGURATION, LOCK } from "../hidden-folder.ts";

export interface Sharing {
	/** Equal for builds whose configurations differ only in scopes of single files. */
	readonly key: string;
	/** The scopes of single files: path → the mapping as JSON. */
	readonly fileScopes: ReadonlyMap<string, string>;
}

/** A build with a larger configuration gets a separate run. */
const CONFIGURATION_BYTES_MAX = 64 * 1024;

/** The upload's file that a scope concerns, as `printLocal` wrote it. Undefined for scopes of folders and of URLs. */
function fileOf(scope: string): string | undefined {
	if (!scope.startsWith("../") || scope.endsWith("/")) return undefined;
	return decodeURIComponent(scope.slice("../".length));
}

/**
 * @param files the files that the bundler sees for a build, as `buildFiles` returns them
 * @param localNames the names of the project's own packages
 * @returns undefined if the build cannot share a run
 */
export function sharingOf(
	files: ReadonlyMap<string, Uint8Array>,
	localNames: readonly string[],
): Sharing | undefined {
	const content = files.get(CONFIGURATION);
	if (content === undefined || content.length > CONFIGURATION_BYTES_MAX) return undefined;
	const { scopes = {}, ...rest } = JSON.parse(fromUtf8(content) ?? "{}");
	const fileScopes = new Map<string, string>();
	const others: [string, unknown][] = [];
	for (const [scope, mapping] of Object.entries(scopes)) {
		const file = fileOf(scope);
		if (file === undefined) others.push([scope, mapping]);
		else fileScopes.set(file, JSON.stringify(mapping));
	}
	const lock = files.get(LOCK);
	const parts = [rest, others, localNames, lock === undefined ? null : toBase64(hash(lock))];
	return { key: toBase64(hash(JSON.stringify(parts))), fileScopes };
}
