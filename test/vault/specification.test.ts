/**
 * A second reader, written from docs/format.md and libsodium alone: what it finds in the vector is what Coffer finds.
 * It shares no code with Coffer, so it fails when a domain, a field or an order is changed on one side.
 */
import { readFileSync } from "node:fs";
import sodium from "libsodium-wrappers";
import { beforeAll, expect, test } from "vitest";

beforeAll(() => sodium.ready);

const vector = (name: string) => readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8");

const bytes = (text: string) => sodium.from_base64(text, sodium.base64_variants.URLSAFE_NO_PADDING);
const base64 = (raw: Uint8Array) => sodium.to_base64(raw, sodium.base64_variants.URLSAFE_NO_PADDING);

function fields(...texts: (string | number)[]): Buffer {
	const parts = texts.map((text) => {
		const content = Buffer.from(String(text));
		const length = Buffer.alloc(4);
		length.writeUInt32BE(content.length);
		return Buffer.concat([length, content]);
	});
	return Buffer.concat(parts);
}

const blake2b = (content: Uint8Array, key: Uint8Array | null = null) =>
	base64(sodium.crypto_generichash(32, content, key));

function identity(byte: number) {
	const seed = new Uint8Array(32).fill(byte);
	const subkey = (number: number) => sodium.crypto_kdf_derive_from_key(32, number, "cofferid", seed);
	return { sign: sodium.crypto_sign_seed_keypair(subkey(1)), box: sodium.crypto_box_seed_keypair(subkey(2)) };
}

function open(sealed: string, associated: Uint8Array, key: Uint8Array): Uint8Array {
	const raw = bytes(sealed);
	return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
		null,
		raw.subarray(24),
		associated,
		raw.subarray(0, 24),
		key,
	);
}

function signed(signature: string, content: Uint8Array, key: string): boolean {
	return sodium.crypto_sign_verify_detached(bytes(signature), content, bytes(key));
}

/** Checks hashes and signatures of a chain. @returns the changes, and the hash of the first link */
function readChain(lines: readonly string[], vaultId: string, environment: string) {
	let previous = "-";
	const changes: string[][] = [];
	for (const [index, line] of lines.entries()) {
		const words = line.split(" ");
		const [signer = "", signature = ""] = words.slice(-2);
		expect(words.slice(0, 3)).toEqual(["link", String(index), previous]);
		const id = environment === "" && index === 0 ? "" : vaultId;
		const unsigned = line.slice(0, line.length - signature.length - 1);
		expect(signed(signature, fields("coffer/link/1", id, environment, unsigned), signer)).toBe(true);
		previous = blake2b(fields("coffer/link-hash/1", line));
		changes.push(words.slice(3, -2));
	}
	return { changes, first: blake2b(fields("coffer/link-hash/1", lines[0] ?? "")) };
}

/** Every epoch's key, by id, for one identity. */
function readKeys(
	changes: readonly string[][],
	member: ReturnType<typeof identity>,
	vaultId: string,
	environment: string,
) {
	const sign = base64(member.sign.publicKey);
	let wrap = "";
	const epochs: { id: string; commitment: string; previousKey: string }[] = [];
	for (const [verb, ...words] of changes) {
		const [first = "", second = "", third = "", , fifth = ""] = words;
		if (verb === "genesis") epochs.unshift({ id: second, commitment: third, previousKey: "" });
		if (verb === "genesis" && words[3] === sign) wrap = words[6] ?? "";
		if (verb === "add" && second === sign) wrap = words[4] ?? "";
		if (verb === "epoch") {
			epochs.unshift({ id: first, commitment: second, previousKey: third });
			wrap =
				fifth
					.split(",")
					.find((pair) => pair.startsWith(sign))
					?.split(":")[1] ?? "";
		}
	}
	let key = sodium.crypto_box_seal_open(bytes(wrap), member.box.publicKey, member.box.privateKey);
	const keys = new Map<string, Uint8Array>();
	for (const { id, commitment, previousKey } of epochs) {
		expect(blake2b(fields("coffer/commitment/1", vaultId, environment, id), key)).toBe(commitment);
		keys.set(id, key);
		if (previousKey) key = open(previousKey, fields("coffer/previous-key/1", vaultId, environment, id), key);
	}
	return keys;
}

function readRecord(
	block: string,
	vaultId: string,
	environment: string,
	keys: Map<string, Uint8Array>,
): string[] {
	const [name = "", body = ""] = block.split("\n");
	const [version = "", kind = "", epoch = "", since = "", author = "", sealed = "", signature = ""] =
		body.split(" ");
	const context = [vaultId, environment, epoch, name, version.slice(1), kind, since];
	expect(signed(signature, fields("coffer/record/1", ...context, author, sealed), author)).toBe(true);
	const padded = open(sealed, fields("coffer/seal/1", ...context), keys.get(epoch) ?? new Uint8Array(32));
	const value = new TextDecoder("utf-8", { fatal: true }).decode(sodium.unpad(padded, 64));
	return kind === "live" ? [environment, name, value] : [];
}

test.each(["alice", "bob", "carol"])(
	"a reader written from the specification reads the vector as %s",
	(who) => {
		const expected = JSON.parse(vector("team.json"));
		const member = identity(expected.members[who]);
		const text = vector("team.vault");
		const [, vaultId = ""] = /^coffer-vault 1 (\S+)\n\nvault\n/.exec(text) ?? [];
		const [, chain = ""] = /\nvault\n([\s\S]*?)\nend vault\n/.exec(text) ?? [];
		const root = readChain(chain.split("\n"), vaultId, "");
		expect([vaultId, root.first]).toEqual([expected.vaultId, expected.vaultId]);
		const secrets: string[][] = [];
		for (const [, environment = "", content = ""] of text.matchAll(
			/\nenvironment (\S+)\n([\s\S]*?)\n?end \1\n/g,
		)) {
			const [links = "", ...blocks] = content.split("\n\n").map((block) => block.trim());
			const { changes, first } = readChain(links.split("\n"), vaultId, environment);
			expect(root.changes).toContainEqual(["create", environment, first]);
			if (who !== "alice" && environment !== "production") continue;
			const keys = readKeys(changes, member, vaultId, environment);
			for (const block of blocks.filter(Boolean)) secrets.push(readRecord(block, vaultId, environment, keys));
		}
		const visible = expected.secrets.filter(
			([environment]: string[]) => who === "alice" || environment === "production",
		);
		expect(secrets.filter(({ length }) => length > 0)).toEqual(visible);
	},
);
