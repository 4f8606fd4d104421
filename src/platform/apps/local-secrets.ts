/** Changes the secrets that the platform itself stores for an app. A request applies completely or not at all. */
import { AppError, EXIT } from "../../errors.ts";
import type { SecretChange } from "../../references/plan/plan.ts";
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { LIMITS } from "../../vault/syntax/syntax.ts";
import type { App } from "./app.ts";
import { type AppState, isLive } from "./state/app-state.ts";

/** The names of all live local secrets, sorted. */
export function localNames({ local }: Pick<AppState, "local">): string[] {
	return [...local.values()].flatMap(({ record }) => (isLive(record) ? [record.name] : [])).sort();
}

function secretInVault(app: App, name: string): AppError {
	return new AppError({
		code: "SECRET_IN_VAULT",
		message: `${name} is a secret in the vault of ${app.id}, so it cannot be changed here. Nothing was changed.`,
		hint: `Change it in the vault: coffer secrets set ${name}`,
		exit: EXIT.conflict,
	});
}

/** @throws AppError `SECRET_IN_VAULT` (exit 5), `TOO_MANY_SECRETS` (exit 2), or as `checkSecretName` */
function checkNames(app: App, names: Iterable<string>): void {
	const all = new Set(app.state.local.keys());
	for (const name of names) {
		checkSecretName(name);
		if (isLive(app.state.records.get(name))) throw secretInVault(app, name);
		all.add(name);
	}
	if (all.size <= LIMITS.recordsPerEnvironment) return;
	throw new AppError({
		code: "TOO_MANY_SECRETS",
		message: `The app would have ${all.size} secrets (including deleted ones); the limit is ${LIMITS.recordsPerEnvironment}.`,
		hint: "Split the app, or delete it: `coffer apps delete APP`.",
		exit: EXIT.usage,
	});
}

/**
 * Sets secrets. A secret that has the value already is not changed.
 * @param by id of the token that sent the request
 * @returns the secrets that have another value now. They are durable.
 * @throws AppError as `checkNames`, `VALUE_TOO_LARGE`, `TEXT_NOT_UNICODE` (exit 2). No secret is set then.
 */
export async function setLocal(
	app: App,
	values: ReadonlyMap<string, string>,
	by: { readonly id: string; readonly atMs: number },
): Promise<SecretChange[]> {
	const changes: SecretChange[] = [];
	await app.record(({ local }) => {
		checkNames(app, values.keys());
		const records: string[] = [];
		// The callback runs again if another node appended first.
		changes.length = 0;
		for (const [name, value] of values) {
			const present = local.get(name)?.record;
			if (present !== undefined && app.local.open(present) === value) continue;
			records.push(app.local.seal(name, 1 + (present?.version ?? 0), value));
			changes.push({ name, kind: "set" });
		}
		return records.length === 0 ? undefined : { type: "local-secrets", records, by: by.id, atMs: by.atMs };
	});
	return changes;
}

/**
 * Deletes a secret.
 * @throws AppError `SECRET_NOT_FOUND` (exit 4), `SECRET_IN_VAULT` (exit 5)
 */
export async function deleteLocal(
	app: App,
	name: string,
	by: { readonly id: string; readonly atMs: number },
): Promise<SecretChange[]> {
	await app.record(({ local, records }) => {
		if (isLive(records.get(name))) throw secretInVault(app, name);
		const present = local.get(name)?.record;
		if (present === undefined || !isLive(present)) throw secretNotFound();
		const tombstone = app.local.seal(name, present.version + 1, undefined);
		return { type: "local-secrets", records: [tombstone], by: by.id, atMs: by.atMs };
	});
	return [{ name, kind: "deleted" }];
}

function secretNotFound(): AppError {
	return new AppError({
		code: "SECRET_NOT_FOUND",
		message: "The app has no secret with this name.",
		hint: "List the app's secrets to see their names.",
		exit: EXIT.notFound,
	});
}
