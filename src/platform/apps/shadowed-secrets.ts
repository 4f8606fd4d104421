/** Local secrets with names that the vault has too. */
import type { AppEvent } from "../events/events.ts";
import type { LocalEnvironment } from "./local-environment.ts";
import { type AppState, isLive } from "./state/app-state.ts";

/**
 * The event that deletes local secrets with names that the vault has now. Otherwise they would be used again when the
 * vault deletes its own.
 * @param now milliseconds since 1970
 * @returns undefined if there are none
 */
export function shadowedSecrets(
	{ local, records }: Pick<AppState, "local" | "records">,
	environment: LocalEnvironment,
	now: () => number,
): AppEvent | undefined {
	const shadowed = [...local.values()].filter(
		({ record }) => isLive(record) && isLive(records.get(record.name)),
	);
	if (shadowed.length === 0) return undefined;
	return {
		type: "local-secrets",
		records: shadowed.map(({ record }) => environment.seal(record.name, record.version + 1, undefined)),
		by: "vault",
		atMs: Math.max(0, now()),
	};
}
