/** The parts of `src/`, and which may import which. */

/** The parts of `src/` that each part may import, besides itself and the leaves. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
	leaf: [],
	http: [],
	vault: [],
	modules: ["references"],
	references: [],
	dotenv: ["vault"],
	protocol: ["vault"],
	console: ["protocol"],
	identity: ["vault", "protocol"],
	project: ["identity", "dotenv", "modules", "vault", "protocol"],
	sync: ["project", "identity", "modules", "references", "vault", "protocol", "http"],
	targets: ["project", "identity", "modules", "vault", "http"],
	platform: ["identity", "modules", "references", "vault", "protocol", "http"],
	local: ["project", "platform", "modules", "references", "protocol"],
	cli: [
		"project",
		"local",
		"identity",
		"sync",
		"targets",
		"references",
		"dotenv",
		"modules",
		"vault",
		"protocol",
		"http",
	],
	commands: [
		"cli",
		"local",
		"project",
		"identity",
		"sync",
		"targets",
		"platform",
		"references",
		"dotenv",
		"modules",
		"vault",
		"protocol",
	],
};

/** `vault` for src/vault/records/seal.ts; `leaf` for a file beside the folders. */
export function layerOf(path: string): string | undefined {
	const [top, folder, rest] = path.split("/");
	if (top !== "src") return undefined;
	return rest === undefined ? "leaf" : folder;
}

export function directionFault(from: string, to: string): string | undefined {
	const [source, target] = [layerOf(from), layerOf(to)];
	if (source === undefined) return undefined;
	if (target === undefined) return `imports ${to}, which is not part of the product`;
	if (source === target || target === "leaf") return undefined;
	return LAYERS[source]?.includes(target) ? undefined : `${source} imports ${target}`;
}
