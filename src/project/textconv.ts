/** The description of a vault for `git diff`. */
import { fromUtf8 } from "../bytes.ts";
import { attempt } from "../errors.ts";
import { openKeys } from "../vault/chains/environment-keys.ts";
import { describeVault, type MaskOf } from "../vault/document/describe.ts";
import { type VaultDocument, verifyChains } from "../vault/document/document.ts";
import { parseVault } from "../vault/document/format.ts";
import { openRecord, verifyRecord } from "../vault/records/seal.ts";
import { maskValue } from "../vault/syntax/mask.ts";
import { LIMITS } from "../vault/syntax/syntax.ts";
import { fileError, readWhole } from "./files/atomic-file.ts";
import type { SessionIdentity } from "./session/session.ts";

/** The longest text that is shown although it is not a vault, in bytes. */
const SHOWN_MAX = 4 * 1024 * 1024;

function masksBy(document: VaultDocument, identity: SessionIdentity): MaskOf {
	const opened = new Map(
		[...document.environments.keys()].map((name) => [
			name,
			attempt(() => {
				const { state } = verifyChains(document, name);
				return { state, keys: openKeys(state, identity) };
			}),
		]),
	);
	return (environment, record) => {
		const holder = opened.get(environment);
		if (!holder) return undefined;
		return attempt(() => {
			verifyRecord(holder.state, record);
			const value = openRecord(holder.state, holder.keys, record);
			return value === undefined ? undefined : maskValue(value);
		});
	};
}

/**
 * A vault's description for a diff. A text that is not a vault (for example one with conflict markers) is
 * returned unchanged, because it is sealed. If it is too long, its size is returned.
 * @param identity for masked values; without one there are none
 * @throws AppError `FILE_UNREADABLE`, `FILE_TOO_LARGE` (exit 1)
 */
export async function describeFile(path: string, identity: SessionIdentity | undefined): Promise<string> {
	const bytes = await readWhole(path, LIMITS.fileBytes);
	if (!bytes) throw fileError("read", path, Object.assign(new Error(), { code: "ENOENT" }));
	const text = fromUtf8(bytes) ?? "";
	const document = attempt(() => parseVault(text));
	if (!document && text.length > SHOWN_MAX) return `${bytes.length} bytes that are not a vault\n`;
	if (!document) return text;
	return describeVault(document, identity && masksBy(document, identity));
}
