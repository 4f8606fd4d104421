/**
 * Reads the link of an environment from coffer.json. Throws errors for a missing link, and for a link that must be
 * removed first.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import {
	type Binding,
	bindingOf,
	isTargetBinding,
	platformOf,
	readConfig,
	type TargetBinding,
} from "../../project/files/config.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { appWords, loadKind } from "../../targets/kinds.ts";
import { openKeys } from "../../vault/chains/environment-keys.ts";
import { verifyChains } from "../../vault/document/document.ts";
import { readEnvironment } from "../shell/process-environment.ts";
import { requireEnvironmentName, requireIdentity } from "./open-project.ts";

const LINK_IT =
	"start a platform (coffer platform start), and run: coffer link URL --app APP. To link another product, such as Supabase or GitHub Actions: coffer link --help.";

/** What this device needs before a link is of use to it; undefined if that is nothing. */
async function neededBefore(root: string, environment: string): Promise<string | undefined> {
	try {
		const found = await requireIdentity(readEnvironment());
		const { document } = await loadVault(root);
		openKeys(verifyChains(document, environment).state, found.identity);
		return undefined;
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return `First: ${error.message} ${error.hint}`;
	}
}

/** How to link an environment, after what this device needs first. */
async function linkHint(root: string, environment: string): Promise<string> {
	const needed = await neededBefore(root, environment);
	return needed === undefined ? `To link it, ${LINK_IT}` : `${needed}\nThen ${LINK_IT}`;
}

/**
 * The link of an environment in coffer.json.
 * @param hint by default how to link it, after what this device needs first
 * @throws AppError `NOT_LINKED` (exit 2)
 */
export async function requireBinding(root: string, environment: string, hint?: string): Promise<Binding> {
	const binding = bindingOf(await readConfig(root), environment);
	if (binding) return binding;
	// A text that cannot be a name is not repeated: it may be a value that was given by mistake.
	requireEnvironmentName(environment);
	throw new AppError({
		code: "NOT_LINKED",
		message: `Environment '${environment}' is not linked with a platform.`,
		hint: hint ?? (await linkHint(root, environment)),
		exit: EXIT.usage,
	});
}

/**
 * Checks that the environment is not linked with a platform. A platform is a member of the environment, and
 * `unlink` must remove it before another link.
 * @throws AppError `ENVIRONMENT_LINKED` (exit 5)
 */
export async function refusePlatformLink({ environment, root }: SessionContext): Promise<void> {
	const binding = platformOf(bindingOf(await readConfig(root), environment));
	if (binding) throw await environmentLinked(environment, binding);
}

/** Checks that the environment is not linked with a target. @throws AppError `ENVIRONMENT_LINKED` (exit 5) */
export async function refuseTargetLink({ environment, root }: SessionContext): Promise<void> {
	const binding = bindingOf(await readConfig(root), environment);
	if (isTargetBinding(binding)) throw await environmentLinked(environment, binding);
}

/** The title of a target; the name of its kind if this version of Coffer does not know it. */
export async function titleOf({ kind }: TargetBinding): Promise<string> {
	return (await loadKind(kind))?.title ?? kind;
}

/** The error for an environment that already has another link. */
export async function environmentLinked(environment: string, binding: Binding): Promise<AppError> {
	const { app, url } = binding;
	const where = isTargetBinding(binding)
		? `at ${await titleOf(binding)} (${url})`
		: `on the platform at ${url}`;
	return new AppError({
		code: "ENVIRONMENT_LINKED",
		message: `Environment '${environment}' is linked with ${isTargetBinding(binding) ? appWords(binding.kind, app) : `app '${app}'`} ${where}.`,
		hint: `Unlink it first: ${inEnvironment("coffer unlink", environment)}. Or choose another environment.`,
		exit: EXIT.conflict,
	});
}
