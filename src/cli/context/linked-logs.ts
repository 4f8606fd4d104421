/** The logs of a project's linked environments, for a check that goes on where one cannot be had. */
import { AppError } from "../../errors.ts";
import { platformOf, readConfig } from "../../project/files/config.ts";
import type { LinkedLog } from "../../project/verify/verify-platform-log.ts";
import { targetOf } from "./linking.ts";

/** @param only the one environment that is asked for; all where undefined */
export async function linkedLogs(root: string, only: string | undefined): Promise<Map<string, LinkedLog>> {
	const logs = new Map<string, LinkedLog>();
	const { links } = await readConfig(root);
	// Base44 keeps no log to hold a vault against.
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
