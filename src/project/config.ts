/**
 * `coffer.json`: what a project commits beside its vault. No secret is in it.
 */
import { join } from "node:path";
import { z } from "zod";
import { fromUtf8, isBase64Text } from "../bytes.ts";
import { AppError, EXIT } from "../errors.ts";
import { isEnvironmentName } from "../vault/syntax.ts";
import { readWhole, replaceFile } from "./atomic-file.ts";
import { withLock } from "./lock.ts";
import { CONFIG_FILE, VAULT_FILE } from "./root.ts";

const LOCK_FILE = `${VAULT_FILE}.lock`;

const bindingSchema = z.strictObject({
	/** Origin of the platform's control API. */
	url: z.url(),
	app: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
	/** Fingerprint of the platform's identity. */
	platform: z.string().refine((text) => isBase64Text(text, 16), "must be a platform's fingerprint"),
	/** The vault that this binding is for. */
	vault: z.string().refine((text) => isBase64Text(text, 32), "must be a vault id"),
});
const configSchema = z.strictObject({
	links: z
		.record(z.string().refine(isEnvironmentName, "must be an environment's name"), bindingSchema)
		.default({}),
});

/** Where an environment is synced to. */
export type Binding = z.infer<typeof bindingSchema>;
export type ProjectConfig = z.infer<typeof configSchema>;

function invalid(root: string, message: string): AppError {
	return new AppError({
		code: "CONFIG_INVALID",
		message: `${join(root, CONFIG_FILE)}: ${message}.`,
		hint: "Mend it by hand or restore it from git; docs/format.md describes it.",
		exit: EXIT.usage,
	});
}

/** Reads `coffer.json`; an absent one is empty. @throws AppError `CONFIG_INVALID` (exit 2) */
export async function readConfig(root: string): Promise<ProjectConfig> {
	const bytes = await readWhole(join(root, CONFIG_FILE));
	if (bytes === undefined) return { links: {} };
	const text = fromUtf8(bytes);
	let value: unknown;
	try {
		value = JSON.parse(text ?? "");
	} catch (error) {
		throw invalid(root, `not JSON (${error instanceof Error ? error.message : "unreadable"})`);
	}
	const result = configSchema.safeParse(value);
	if (result.success) return result.data;
	const issue = result.error.issues[0];
	throw invalid(
		root,
		`${issue?.path.map(String).join(".") || "the whole"}: ${issue?.message ?? "not valid"}`,
	);
}

/**
 * Changes `coffer.json` as it is by now, under the vault's lock, which must not be held: two environments that are
 * linked at once both stay.
 */
export async function editConfig(
	root: string,
	edit: (config: ProjectConfig) => ProjectConfig,
): Promise<void> {
	await withLock(join(root, LOCK_FILE), async () => {
		const config = await readConfig(root);
		const edited = edit(config);
		if (edited !== config) await writeConfig(root, edited);
	});
}

/** Writes `coffer.json`, keys sorted. */
export async function writeConfig(root: string, config: ProjectConfig): Promise<void> {
	const links = Object.fromEntries(Object.entries(config.links).sort(([a], [b]) => (a < b ? -1 : 1)));
	await replaceFile(join(root, CONFIG_FILE), `${JSON.stringify({ links }, null, 2)}\n`, { mode: 0o644 });
}

/** The environment's binding, or undefined where it is not linked. */
export function bindingOf(config: ProjectConfig, environment: string): Binding | undefined {
	return Object.hasOwn(config.links, environment) ? config.links[environment] : undefined;
}
