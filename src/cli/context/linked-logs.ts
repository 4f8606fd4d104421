/** Reads the logs of a project's linked environments. A check continues if one of them cannot be read. */
import { AppError } from "../../errors.ts";
import { platformOf, readConfig } from "../../project/files/config.ts";
import type { LinkedLog } from "../../project/verify/verify-platform-log.ts";
import { targetOf } from "./linking.ts";

/** The names of a project's environments that are linked to a platform with a log. Base44 has no log. */
export async function linkedEnvironments(root: string): Promise<string[]> {
	const { links } = await readConfig(root);
	return Object.entries(links).flatMap(([environment, linked]) => (platformOf(linked) ? [environment] : []));
}

/**
 * Reads the log of each linked environment.
 * @param only the environment to read; undefined for all
 * @returns by environment: the log, or the AppError if it cannot be read
 */
export async function linkedLogs(root: string, only: string | undefined): Promise<Map<string, LinkedLog>> {
	const logs = new Map<string, LinkedLog>();
	const { links } = await readConfig(root);
	// Base44 has no log to compare the vault with.
	const wanted = Object.entries(links).flatMap(([environment, linked]) => {
		const binding = only === undefined || only === environment ? platformOf(linked) : undefined;
		return binding ? [{ environment, binding }] : [];
	});
	if (wanted.length === 0) return logs;
	const { readLogMarks } = await import("../../sync/log/platform-marks.ts");
	for (const { environment, binding } of wanted) {
		try {
			const place = { vaultId: binding.vault, environment };
			logs.set(environment, {
				binding,
				log: await readLogMarks(await targetOf(binding, environment), place),
			});
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			logs.set(environment, { binding, log: error });
		}
	}
	return logs;
}
