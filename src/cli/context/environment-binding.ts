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
import type { SessionContext } from "../../project/session/session.ts";
import { appWords, loadKind } from "../../targets/kinds.ts";
import { requireEnvironmentName } from "./open-project.ts";

const LINK_IT =
	"Start a platform (coffer platform start), then link it: coffer link URL --app APP. To link another product, such as Supabase or GitHub Actions: coffer link --help.";

/** The link of an environment in coffer.json. @throws AppError `NOT_LINKED` (exit 2), with `hint` */
export async function requireBinding(root: string, environment: string, hint = LINK_IT): Promise<Binding> {
	const binding = bindingOf(await readConfig(root), environment);
	if (binding) return binding;
	// A text that cannot be a name is not repeated: it may be a value that was given by mistake.
	requireEnvironmentName(environment);
	throw new AppError({
		code: "NOT_LINKED",
		message: `Environment '${environment}' is not linked with a platform.`,
		hint,
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
