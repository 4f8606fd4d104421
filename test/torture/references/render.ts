/** Makes the modules of a program from its tree. */
import type { Tree } from "./generate.ts";
import type { Part } from "./grammar.ts";

/** The entry's path. */
export const ENTRY = "index.ts";

/** One module while it is written. */
interface Module {
	readonly folder: string;
	readonly imports: string[];
}

/** The code of a tree: its statements, and then the expression with the value. */
interface Text {
	readonly statements: string;
	readonly expression: string;
}

class Renderer {
	readonly files = new Map<string, string>();
	readonly packages: string[] = [];
	#count = 0;

	render(tree: Tree, module: Module): Text {
		const { idiom } = tree;
		const names = new Map<string, string>();
		const spell = (word: string) => {
			const name = names.get(word) ?? `${word}${this.#count++}`;
			names.set(word, name);
			return name;
		};
		const before: string[] = [];
		const write = (parts: readonly Part[], within: Module, lead: string[]): string =>
			parts
				.map((part) => {
					if (typeof part === "string") return part;
					if ("identifier" in part) return spell(part.identifier);
					return this.#fill(tree, part.hole, within, lead);
				})
				.join("");
		for (const [path, text] of idiom.modules) {
			const spelled = path.replace(/@(\w+)/g, (_, word: string) => spell(word));
			this.#addModule(spelled, module.folder, (inner, lead) => write(text, inner, lead));
		}
		const own = write(idiom.statements, module, before);
		const lines = own.split("\n");
		module.imports.push(...lines.filter((line) => line.startsWith("import ")));
		const statements = lines.filter((line) => !line.startsWith("import ")).join("\n");
		const expression = write(idiom.expression, module, before);
		return { statements: [...before, statements].filter((text) => text !== "").join("\n"), expression };
	}

	#fill(tree: Tree, index: number, module: Module, lead: string[]): string {
		const [hole, child] = [tree.idiom.holes[index], tree.children[index]];
		if (hole === undefined || child === undefined) throw new RangeError("A hole without an idiom.");
		const { statements, expression } = this.render(child, module);
		if (hole.body !== "none") return expression === "" ? statements : `${statements}\nreturn ${expression};`;
		if (statements !== "") lead.push(statements);
		return expression;
	}

	/**
	 * @param path the path of a module beside the importing one, or of a package's module, with the package's
	 * name
	 */
	#addModule(path: string, folder: string, write: (module: Module, lead: string[]) => string) {
		const [name = ""] = path.split("/");
		const isPackage = path.includes("/");
		if (isPackage && !this.packages.includes(name)) this.packages.push(name);
		const module = { folder: isPackage ? `node_modules/${name}/` : folder, imports: [] };
		const lead: string[] = [];
		const text = write(module, lead);
		const file = isPackage ? `node_modules/${path}` : folder + path;
		this.files.set(file, assemble(module, [...lead, text].join("\n")));
	}
}

/** A module with its imports, each once, before everything else. */
function assemble({ imports }: Module, text: string): string {
	const lines = text.split("\n");
	const own = lines.filter((line) => line.startsWith("import "));
	const rest = lines.filter((line) => !line.startsWith("import ") && line.trim() !== "");
	return `${[...new Set([...imports, ...own]), ...rest].join("\n")}\n`;
}

/** @returns the contents of the program's files by path; its entry is `ENTRY` */
export function filesOf(tree: Tree): ReadonlyMap<string, string> {
	const renderer = new Renderer();
	const module = { folder: "", imports: [] };
	const { statements } = renderer.render(tree, module);
	renderer.files.set(ENTRY, assemble(module, statements));
	const imports = Object.fromEntries(
		renderer.packages.map((name) => [name, `./node_modules/${name}/index.ts`]),
	);
	renderer.files.set("deno.json", JSON.stringify({ imports }));
	return renderer.files;
}

/** A program as text for reports: its modules, one after the other. */
export function shown(tree: Tree): string {
	const files = [...filesOf(tree)].filter(([path]) => path !== "deno.json");
	if (files.length === 1) return (files[0] as [string, string])[1];
	return files.map(([path, text]) => `--- ${path}\n${text}`).join("");
}
