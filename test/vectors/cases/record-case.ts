import type { Vector } from "../vector.ts";
import type { RecordWords } from "../words.ts";
import type { VaultWriter } from "../writer.ts";
import { fault } from "./case.ts";

/** Where it is. */
export const API_KEY = ["production", "API_KEY"] as const;

/** A fault of production's API_KEY, whose two lines the writer makes. */
export function record(
	name: string,
	code: string,
	comment: string,
	words: (vault: VaultWriter) => RecordWords,
	value = "the key itself",
): Vector {
	return fault(`record-${name}`, code, comment, (vault) => {
		vault.production.set("API_KEY", value, words(vault));
		return API_KEY;
	});
}

/** A fault of production's API_KEY whose second line is changed as text. */
export function changed(
	name: string,
	code: string,
	comment: string,
	change: (body: string, vault: VaultWriter) => string,
): Vector {
	return fault(`record-${name}`, code, comment, (vault) => {
		const { records } = vault.production;
		records.set("API_KEY", change(records.get("API_KEY") ?? "", vault));
		return API_KEY;
	});
}
