/** Formats of documents: JSON, YAML, and the manifest of a Kubernetes Secret. */
import { AppError, EXIT } from "../../errors.ts";
import type { ExportOptions } from "./format.ts";

type Secrets = ReadonlyMap<string, string>;

/** One object with a property for each secret. */
export function writeJson(secrets: Secrets): string {
	// `Object.fromEntries` defines properties, so that `__proto__` is a property like any other.
	return `${JSON.stringify(Object.fromEntries(secrets), undefined, 2)}\n`;
}

/** Characters that YAML allows only as an escape, and those that its versions treat in different ways. */
const ESCAPED_IN_YAML = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A double-quoted scalar: JSON's, with more escapes. */
function quoted(text: string): string {
	return JSON.stringify(text).replace(
		ESCAPED_IN_YAML,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/** Names are quoted, because readers take NO, 123 or null for something else than text. */
function mapping(secrets: Secrets, indent: string): string {
	return [...secrets].map(([name, value]) => `${indent}${quoted(name)}: ${quoted(value)}\n`).join("");
}

/** One mapping, with every name and value as a double-quoted scalar. */
export function writeYaml(secrets: Secrets): string {
	return secrets.size === 0 ? "{}\n" : mapping(secrets, "");
}

/** A DNS subdomain (RFC 1123), which names of Secrets are; namespaces are one label of it. */
const LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`);
const NAMESPACE = new RegExp(`^(?=.{1,63}$)${LABEL}$`);
/** The API server refuses a Secret with more data. */
const DATA_BYTES_MAX = 1024 * 1024;

/** @throws AppError `MANIFEST_NAME_INVALID` (exit 2) */
export function requireManifestName({ name, namespace }: ExportOptions): void {
	const isNamespaceWrong = namespace !== undefined && !NAMESPACE.test(namespace);
	if (SUBDOMAIN.test(name) && !isNamespaceWrong) return;
	const [what, flag] = SUBDOMAIN.test(name) ? ["a namespace", "--namespace"] : ["a Secret", "--name"];
	throw new AppError({
		code: "MANIFEST_NAME_INVALID",
		message: `The name of ${what} in Kubernetes has lower-case letters, digits and dashes, and begins and ends with a letter or digit.`,
		hint: `Pass ${flag} NAME.`,
		exit: EXIT.usage,
	});
}

/** @throws AppError `MANIFEST_TOO_LARGE` (exit 2) */
function requireSize(secrets: Secrets): void {
	let bytes = 0;
	for (const value of secrets.values()) bytes += Buffer.byteLength(value);
	if (bytes <= DATA_BYTES_MAX) return;
	throw new AppError({
		code: "MANIFEST_TOO_LARGE",
		message: `The values have ${bytes} bytes together, and a Secret in Kubernetes has at most 1 MiB.`,
		hint: "Export fewer secrets into each manifest: name them, or use a pattern.",
		exit: EXIT.usage,
	});
}

/** The manifest of a Secret of the type Opaque, with base64 data. */
export function writeKubernetes(secrets: Secrets, { name, namespace }: ExportOptions): string {
	requireSize(secrets);
	const encoded = new Map(
		[...secrets].map(([key, value]) => [key, Buffer.from(value, "utf8").toString("base64")]),
	);
	const data = encoded.size === 0 ? "data: {}\n" : `data:\n${mapping(encoded, "  ")}`;
	const place = namespace === undefined ? "" : `  namespace: ${quoted(namespace)}\n`;
	return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${quoted(name)}\n${place}type: Opaque\n${data}`;
}
