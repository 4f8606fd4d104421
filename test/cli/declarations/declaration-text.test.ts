/** The text of the declaration file: what an editor offers and marks, and names that try to break out. */
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { declarationText } from "../../../src/cli/declarations/declaration-text.ts";
import type { DeclaredName } from "../../../src/project/secrets/declared-names.ts";

function declared(name: string, kind: "present" | "absent" | "deleted" = "present"): DeclaredName {
	const none = { present: [], absent: [], deleted: [] };
	return { name, ...none, [kind]: ["production"] };
}

const text = (...names: DeclaredName[]) =>
	declarationText({ environments: ["production"], names }, ["production"]);

/** The parts of Deno's library and of `@types/node` that the file merges with. */
const LIBRARY = `
declare namespace Deno { interface Env { get(key: string): string | undefined } const env: Env; }
declare namespace NodeJS { interface ProcessEnv { [name: string]: string | undefined; TZ?: string } }
declare const process: { env: NodeJS.ProcessEnv };
`;

/** TypeScript's language service, as an editor uses it, on one source. */
function editor(source: string, declarations: string): ts.LanguageService {
	const files = new Map([
		["/source.ts", source],
		["/library.d.ts", LIBRARY],
		["/coffer-env.d.ts", declarations],
	]);
	const folder = join(import.meta.dirname, "../../../node_modules/typescript/lib");
	const read = (path: string) => files.get(path) ?? ts.sys.readFile(path);
	return ts.createLanguageService({
		getCompilationSettings: () => ({ strict: true, lib: ["lib.es5.d.ts"], types: [] }),
		getScriptFileNames: () => [...files.keys()],
		getScriptVersion: () => "1",
		getScriptSnapshot: (path) => {
			const found = read(path);
			return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found);
		},
		getCurrentDirectory: () => "/",
		getDefaultLibFileName: () => join(folder, "lib.es5.d.ts"),
		fileExists: (path) => read(path) !== undefined,
		readFile: read,
	});
}

const NAMES = text(declared("API_KEY"), declared("OLD_KEY", "deleted"), declared("9LIVES"));

test.each([
	['Deno.env.get("|")', ["9LIVES", "API_KEY", "OLD_KEY"]],
	["process.env.|", ["API_KEY", "OLD_KEY"]],
	['process.env["|"]', ["9LIVES", "API_KEY", "OLD_KEY"]],
])("an editor completes %s with the names", (source, names) => {
	const service = editor(source.replace("|", ""), NAMES);
	const found = service.getCompletionsAtPosition("/source.ts", source.indexOf("|"), {})?.entries ?? [];
	expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
});

test.each([
	['Deno.env.get("OLD_KEY")', true],
	["process.env.OLD_KEY", true],
	['Deno.env.get("API_KEY")', false],
	["process.env.API_KEY", false],
])("an editor marks %s as deprecated: %s", (source, isMarked) => {
	const found = editor(source, NAMES).getSuggestionDiagnostics("/source.ts");
	expect(found.some(({ reportsDeprecated }) => reportsDeprecated !== undefined)).toBe(isMarked);
});

const HOSTILE = [
	'A": any }; declare const stolen: "',
	"A*/ }\ndeclare const stolen: any; /*",
	"A\u2028declare const stolen: any",
	"`${stolen}`",
	"A; [key: string]: any",
];

test.each(HOSTILE)("a name that no vault can have, %j, stays a name", (name) => {
	for (const kind of ["present", "deleted"] as const) {
		const tree = ts.createSourceFile("a.d.ts", text(declared(name, kind)), ts.ScriptTarget.ES2022);
		const kinds = tree.statements.map((statement) => ts.SyntaxKind[statement.kind]);
		expect(kinds).toEqual(["InterfaceDeclaration", "ModuleDeclaration", "ModuleDeclaration"]);
		const [first] = tree.statements;
		const members = ts.isInterfaceDeclaration(first as ts.Node)
			? (first as ts.InterfaceDeclaration).members
			: [];
		expect(members.map((member) => (member.name as ts.StringLiteral).text)).toEqual(
			kind === "present" ? [name] : [],
		);
	}
});

test("a vault without secrets declares nothing, and no call fails", () => {
	const source = 'const a: string | undefined = Deno.env.get("A"); const b = process.env.B;';
	const service = editor(source, text());
	expect(service.getSemanticDiagnostics("/source.ts")).toEqual([]);
	expect(service.getSemanticDiagnostics("/coffer-env.d.ts")).toEqual([]);
});
