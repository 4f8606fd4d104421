/** Values that were filled in in the web console, and that wait on the platform for a member. */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { openFilledValue } from "../../identity/filled-value.ts";
import type { VaultSession } from "../../project/session/session.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import type { JudgedRequest } from "../../vault/requests/answers.ts";
import { formatMinute } from "../context/instant.ts";

/** A value that was opened. */
export interface Waiting {
	/** The open request of this working copy that it is for. */
	readonly request: JudgedRequest;
	readonly value: string;
	/** The id of the access token, and when, as the platform says. */
	readonly by: string;
	readonly at: string;
}

function notFilled({ entry: { environment, name } }: JudgedRequest): AppError {
	return new AppError({
		code: "REQUEST_NOT_FILLED",
		message: `Nobody has filled in a value for ${name} in the console (environment '${environment}').`,
		hint: `To set it yourself: ${inEnvironment(`coffer requests fill ${name}`, environment)}`,
		exit: EXIT.notFound,
	});
}

/**
 * The value that waits for one of the open requests of a name.
 * @param open requests of this working copy for one name, at least one
 * @throws AppError `REQUEST_NOT_FILLED` (exit 4); as `openFilledValue`, and as the platform's client
 */
export async function filledFor(
	session: VaultSession,
	{ binding, remote }: LinkTarget,
	open: readonly JudgedRequest[],
): Promise<Waiting> {
	const routes = await remote.secretRequests();
	const { requests } = await routes.list(binding.app);
	const filled = new Set(requests.flatMap((each) => (each.filled ? [each.id] : [])));
	const request = open.find(({ entry }) => filled.has(entry.id));
	if (request === undefined) throw notFilled(open[0] as JudgedRequest);
	const { environment, id, name } = request.entry;
	const sealed = await routes.filledValue(binding.app, id);
	const place = { vaultId: session.place.vaultId, environment, name, id };
	const value = openFilledValue(sealed, place, session.context.identity.box);
	return { request, value, by: sealed.by, at: formatMinute(new Date(sealed.atMs).toISOString()) };
}

/** Removes the values that wait for these requests. */
export async function discardFilled(
	{ binding, remote }: LinkTarget,
	open: readonly JudgedRequest[],
): Promise<void> {
	const routes = await remote.secretRequests();
	for (const { entry } of open) await routes.discard(binding.app, entry.id);
}

/**
 * The same once a value is in the vault.
 * @returns why they still wait, as a sentence; undefined if they do not. They go with their request
 */
export async function discardAccepted(
	target: LinkTarget,
	open: readonly JudgedRequest[],
): Promise<string | undefined> {
	try {
		await discardFilled(target, open);
		return undefined;
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return `The secret is set, and its encrypted value still waits on the platform until the next sync: ${error.message}`;
	}
}
