/** `coffer.json`: a project's settings, committed beside the vault. It contains no secret. */
import { join } from "node:path";
import * as z from "zod";
import { FILE_BYTES } from "../../bounded-file.ts";
import { fromUtf8, isBase64Text } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { folderAt } from "../../modules/packages/folder-at.ts";
import { isEnvironmentName } from "../../vault/syntax/syntax.ts";
import { readWhole, replaceFile } from "./atomic-file.ts";
import { CONFIG_FILE, VAULT_FILE } from "./project-root.ts";
import { withLock } from "./vault-lock.ts";

const LOCK_FILE = `${VAULT_FILE}.lock`;

/** No part of the path is hidden. */
const FOLDER = /^[^./][^/]*(\/[^./][^/]*)*$/;

const vaultId = z.string().refine((text) => isBase64Text(text, 32), "must be a vault id");

const platformBinding = z.strictObject({
	/** Only targets other than a Coffer platform name their kind. */
	kind: z.undefined().optional(),
	/** Origin of the platform's control API. */
	url: z.url(),
	app: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
	/** Fingerprint of the platform's identity. */
	platform: z.string().refine((text) => isBase64Text(text, 16), "must be a platform's fingerprint"),
	/** The vault that this binding belongs to. */
	vault: vaultId,
});
/** All targets have these keys. The target itself checks the address and the app (`targets/linked.ts`). */
const targetBinding = z.strictObject({
	/** The name of a kind of target (`targets/kinds.ts`). */
	kind: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
	/** Address of the target's API. */
	url: z.url(),
	/** The app's id there. Printable characters only, because commands print it. */
	app: z.string().regex(/^[\x21-\x7e]{1,200}$/),
	/** The vault that this binding belongs to. */
	vault: vaultId,
});

/** Checks a binding by the schema that its `kind` selects, so that an error names the key that is wrong. */
const bindingSchema = z.unknown().transform((value, context): PlatformBinding | TargetBinding => {
	const isTarget = typeof value === "object" && value !== null && "kind" in value;
	const parsed = (isTarget ? targetBinding : platformBinding).safeParse(value);
	if (parsed.success) return parsed.data;
	for (const { message, path } of parsed.error.issues) context.addIssue({ code: "custom", message, path });
	return z.NEVER;
});
const configSchema = z.strictObject({
	/** The environment that commands use if neither a flag nor COFFER_ENVIRONMENT names one. */
	environment: z.string().optional(),
	/** The folder of the functions, relative to this file. */
	functions: z
		.string()
		.transform((path) => folderAt("", path.replace(/\/$/, "")) ?? "")
		.refine(
			(path) => FOLDER.test(path),
			"must be the path of a folder in the project, such as supabase/functions",
		)
		.optional(),
	links: z
		.record(z.string().refine(isEnvironmentName, "must be an environment's name"), bindingSchema)
		.default({}),
});

/** A Coffer platform that an environment is synced with. */
export type PlatformBinding = z.infer<typeof platformBinding>;
/** A target, another product, that an environment's secrets are sent to. */
export type TargetBinding = z.infer<typeof targetBinding>;
/** The platform or target that an environment is linked with. */
export type Binding = PlatformBinding | TargetBinding;
export type ProjectConfig = z.infer<typeof configSchema>;

/** The error for a `coffer.json` that is not valid. @param message names the key in the file, and the fault */
export function configInvalid(root: string, message: string): AppError {
	return new AppError({
		code: "CONFIG_INVALID",
		message: `${join(root, CONFIG_FILE)}: ${message}.`,
		hint: "Correct it by hand or restore it from git. docs/format.md describes it.",
		exit: EXIT.usage,
	});
}

/** Reads `coffer.json`. A missing file counts as an empty one. @throws AppError `CONFIG_INVALID` (exit 2) */
export async function readConfig(root: string): Promise<ProjectConfig> {
	const bytes = await readWhole(join(root, CONFIG_FILE), FILE_BYTES.settings);
	if (bytes === undefined) return { links: {} };
	const text = fromUtf8(bytes);
	let value: unknown;
	try {
		value = JSON.parse(text ?? "");
	} catch (error) {
		throw configInvalid(root, `not JSON (${error instanceof Error ? error.message : "unreadable"})`);
	}
	const result = configSchema.safeParse(value);
	if (result.success) return result.data;
	const issue = result.error.issues[0];
	const at = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.map(String).join(".")}: `;
	throw configInvalid(root, `${at}${issue?.message ?? "not valid"}`);
}

/**
 * Changes `coffer.json` under the vault's lock, starting from its content at that moment: of two environments
 * that are linked at once, neither is lost. The caller must not hold the lock.
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

/** Writes `coffer.json` with sorted keys. */
export async function writeConfig(root: string, config: ProjectConfig): Promise<void> {
	const { environment, functions } = config;
	const links = Object.fromEntries(Object.entries(config.links).sort(([a], [b]) => (a < b ? -1 : 1)));
	const text = JSON.stringify({ environment, functions, links }, null, 2);
	await replaceFile(join(root, CONFIG_FILE), `${text}\n`, { mode: 0o644 });
}

/** The environment's binding; undefined if it is not linked. */
export function bindingOf(config: ProjectConfig, environment: string): Binding | undefined {
	return Object.hasOwn(config.links, environment) ? config.links[environment] : undefined;
}

/** Whether a binding names a target, and not a Coffer platform. */
export function isTargetBinding(binding: Binding | undefined): binding is TargetBinding {
	return binding?.kind !== undefined;
}

/** The platform that the environment is linked with; undefined if it is linked with none. */
export function platformOf(binding: Binding | undefined): PlatformBinding | undefined {
	return isTargetBinding(binding) ? undefined : binding;
}

/**
 * The key of the default environment. A file that does not contain this text sets no default, so it need not be parsed.
 */
const DEFAULT_KEY = '"environment"';

/**
 * The default environment that `coffer.json` names; undefined if it names none.
 * @throws AppError `CONFIG_INVALID` (exit 2)
 */
export async function readDefaultEnvironment(root: string): Promise<string | undefined> {
	const bytes = await readWhole(join(root, CONFIG_FILE), FILE_BYTES.settings);
	if (bytes === undefined || !Buffer.from(bytes).includes(DEFAULT_KEY)) return undefined;
	return (await readConfig(root)).environment;
}

/** Makes an environment the default of this `coffer.json`. */
export async function putDefaultEnvironment(root: string, environment: string): Promise<void> {
	await editConfig(root, (config) =>
		config.environment === environment ? config : { ...config, environment },
	);
}

/** Removes an environment's binding from `coffer.json`, and the default if it is this environment. */
export async function forgetEnvironment(root: string, environment: string): Promise<void> {
	await editConfig(root, (config) => {
		if (config.environment !== environment && bindingOf(config, environment) === undefined) return config;
		const links = Object.entries(config.links).filter(([name]) => name !== environment);
		const { environment: before, ...others } = config;
		const kept = before === undefined || before === environment ? others : config;
		return { ...kept, links: Object.fromEntries(links) };
	});
}

/** Removes an environment's binding from `coffer.json`. */
export async function dropBinding(root: string, environment: string): Promise<void> {
	await editConfig(root, (config) => {
		const links = Object.entries(config.links).filter(([name]) => name !== environment);
		return { ...config, links: Object.fromEntries(links) };
	});
}

/** The configuration with the environment's binding. Returns the same object if it has this binding already. */
export function withBinding(config: ProjectConfig, environment: string, binding: Binding): ProjectConfig {
	const isSame = JSON.stringify(bindingOf(config, environment)) === JSON.stringify(binding);
	return isSame ? config : { ...config, links: { ...config.links, [environment]: binding } };
}

/** Writes the environment's binding into `coffer.json`, unless it is there already. */
export async function putBinding(root: string, environment: string, binding: Binding): Promise<void> {
	await editConfig(root, (config) => withBinding(config, environment, binding));
}
