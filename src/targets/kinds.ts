/** The kinds of targets. A new one adds a line here, and implements `TargetKind`. */
import type { TargetKind } from "./target.ts";

/** Loads a kind by its name. A kind is loaded only for an environment that is linked with it. */
export const TARGET_KINDS = new Map<string, () => Promise<TargetKind>>([
	["base44", async () => (await import("./base44/kind.ts")).BASE44],
	["cloudflare", async () => (await import("./cloudflare/kind.ts")).CLOUDFLARE],
	["github", async () => (await import("./github/kind.ts")).GITHUB],
	["supabase", async () => (await import("./supabase/kind.ts")).SUPABASE],
]);

const loaded = new Map<string, TargetKind>();

/** The kind with a name; undefined if this version of Coffer does not know it. */
export async function loadKind(name: string): Promise<TargetKind | undefined> {
	const kind = await TARGET_KINDS.get(name)?.();
	if (kind) loaded.set(name, kind);
	return kind;
}

/** An app in a sentence, as its kind calls it: `project 'shop'`. @param name the name of the kind */
export function appWords(name: string, app: string): string {
	return `${loaded.get(name)?.noun ?? "app"} '${app}'`;
}

/** Returns a kind that `loadKind` has loaded before, to print a result. */
export function loadedKind(name: string): TargetKind {
	const kind = loaded.get(name);
	if (!kind) throw new Error(`The target ${name} is not loaded.`);
	return kind;
}
