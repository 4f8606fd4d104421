/** Backward analysis of expressions: the values that an expression may have, derived from its parts. */
import type { Binding } from "../bundle/names.ts";
import { isClass, isFunction, type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { lazyValueSets } from "../engine/lazy-value-sets.ts";
import {
	booleanValue,
	makeValue,
	NOTHING,
	objectValue,
	runtimeValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../engine/values.ts";
import { loadModule } from "../environment/modules.ts";
import { isReplaced } from "../environment/replaced.ts";
import { globalValue } from "../environment/runtime-apis.ts";
import { isCopyFollowed, readsOfCopy } from "../environment/spread-copies.ts";
import { includeReplacements } from "../models/objects/decorators.ts";
import { addTested } from "../models/objects/type-tests.ts";
import { evaluateAwait } from "../models/promises.ts";
import { escapeSuperclass } from "../models/proxies.ts";
import { addGrownText } from "../models/text/loops.ts";
import { addArgumentsObject, evaluateNewTarget, evaluateYield } from "./functions.ts";
import { guardedBy } from "./guards.ts";
import { evaluateCall, evaluateMember, evaluateSuper } from "./members-and-calls.ts";
import {
	evaluateAssignment,
	evaluateBinary,
	evaluateLogical,
	evaluateTemplate,
	evaluateUnary,
	isRepeated,
} from "./operators.ts";

/** The value set of an expression. The solver fills it when it is first requested. */
export function makeEvaluate(engine: Engine): Engine["evaluate"] {
	/** Nodes of dependencies that were requested when no budget was left. */
	const left = new Set<Node>();
	const sets = lazyValueSets((node, into) => {
		if (engine.spendBudget(node) || isFunction(node) || isClass(node))
			return engine.solver.enqueue(() => fill(engine, node, into));
		left.add(node);
		engine.unevaluated.push(node);
		engine.solver.add(into, unknownValue("the value of a dependency"));
	}, engine.demanded.expressions);
	return (node) => {
		const set = sets(node);
		if (left.size > 0 && left.has(node) && engine.spendBudget(node)) {
			left.delete(node);
			engine.solver.enqueue(() => fill(engine, node, set));
		}
		return set;
	};
}

function fill(engine: Engine, node: Node, into: ValueSet) {
	const { solver } = engine;
	const from = (inner: Node) => solver.include(engine.evaluate(inner), into);
	if (node.type === "ParenthesizedExpression") return from(node.expression);
	if (node.type === "ChainExpression") return evaluateChain(engine, node, into);
	if (node.type === "AwaitExpression") return evaluateAwait(engine, node, into);
	switch (node.type) {
		case "Literal":
			return solver.add(into, literal(node));
		case "Identifier":
			return evaluateIdentifier(engine, node, into);
		case "TemplateLiteral":
			return evaluateTemplate(engine, node, into);
		case "BinaryExpression":
			return evaluateBinary(engine, node, into);
		case "ConditionalExpression":
			from(node.consequent);
			return from(node.alternate);
		case "LogicalExpression":
			return evaluateLogical(engine, node, into);
		case "AssignmentExpression":
			return evaluateAssignment(engine, node, into);
		case "SequenceExpression":
			return from(node.expressions.at(-1));
		case "MemberExpression":
			return evaluateMember(engine, node, into);
		case "CallExpression":
		case "NewExpression":
		case "TaggedTemplateExpression":
			return evaluateCall(engine, node, into);
		case "ThisExpression":
			return solver.include(engine.thisValue(thisOwner(node)), into);
		case "Super":
			return evaluateSuper(engine, node, into);
		case "MetaProperty":
			return node.meta.name === "import"
				? solver.add(into, runtimeValue("import.meta"))
				: evaluateNewTarget(engine, node, into);
		case "ImportExpression":
			return loadModule(engine, engine.evaluate(node.source), node, (module) => solver.add(into, module));
		case "YieldExpression":
			return evaluateYield(engine, node, into);
		case "UnaryExpression":
			return evaluateUnary(engine, node, into);
		default:
			if (isClass(node)) return addClass(engine, node, into);
			if (createsObject(node)) return addCreated(engine, node, into);
			solver.add(into, unknownValue("a computed value"));
	}
}

function addClass(engine: Engine, node: Node, into: ValueSet) {
	escapeSuperclass(engine, node);
	includeReplacements(engine, node, into);
	engine.solver.add(into, objectValue(engine.objects.atNode(node)));
}

/** A literal that copies the environment is the environment, too. */
function addCreated(engine: Engine, literal: Node, into: ValueSet) {
	engine.solver.add(into, objectValue(engine.objects.atNode(literal)));
	if (literal.type !== "ObjectExpression") return;
	const spreads = (literal.properties as Node[]).filter(({ type }) => type === "SpreadElement");
	if (spreads.length === 0 || !isCopyFollowed(engine, literal)) return;
	if (readsOfCopy(engine.scopes, literal) !== undefined) return;
	for (const { argument } of spreads)
		engine.solver.onValue(engine.evaluate(argument), (value) => {
			if (value.kind === "runtime" && value.api === "env") engine.solver.add(into, value);
		});
}

/** `object?.key`, which may be `undefined`. It surely is where nothing but `undefined` is before the question mark. */
function evaluateChain(engine: Engine, { expression }: Node, into: ValueSet) {
	const { solver } = engine;
	solver.onValue(engine.evaluate(expression), (value) => {
		solver.add(into, value);
		solver.add(into, withContext(NOTHING, value.context));
	});
	for (let link = expression as Node | undefined; link !== undefined; link = link.object ?? link.callee)
		if (link.optional)
			solver.onValue(engine.evaluate(link.object ?? link.callee), (value) => {
				if (value.kind === "nothing") solver.add(into, withContext(NOTHING, value.context));
			});
}

function createsObject(node: Node): boolean {
	return isFunction(node) || node.type === "ObjectExpression" || node.type === "ArrayExpression";
}

function literal(node: Node): Value {
	if (typeof node.value === "string") return stringValue(node.value);
	if (typeof node.value === "number")
		return makeValue({ kind: "string", text: String(node.value), numeric: true });
	if (typeof node.value === "boolean") return booleanValue(node.value);
	if (typeof node.bigint === "string") return makeValue({ kind: "string", text: node.bigint, numeric: true });
	if (node.regex === undefined) return NOTHING;
	return makeValue({ kind: "pattern", source: node.regex.pattern, flags: node.regex.flags });
}

/** A variable has the values of its declarations and of all assignments to it. Their order is ignored. */
function evaluateIdentifier(engine: Engine, node: Node, into: ValueSet) {
	const binding = engine.scopes.resolve(node);
	const known = globalValue(node.name, binding);
	if (binding === undefined && isReplaced(engine, node.name))
		engine.solver.add(into, unknownValue("a global that the code replaces"));
	if (known !== undefined) return engine.solver.add(into, known);
	if (binding === undefined && node.name === "arguments") return addArgumentsObject(engine, node, into);
	if (binding === undefined) return engine.solver.add(into, unknownValue("an unknown global"));
	if (addGrownText(engine, node, binding, into)) return;
	const ownAssignment = selfAssignment(engine, node, binding);
	const isBuilt = ownAssignment !== undefined && isRepeated(ownAssignment, binding.scope);
	const values = isBuilt ? withoutTexts(engine, into) : guardedBy(engine, node, binding, into);
	for (const declaration of binding.declarations)
		addTested(engine, node, binding, engine.assigned(declaration), values);
	for (const write of engine.scopes.uses(binding).writes) {
		if (isBuilt || write !== ownAssignment?.left)
			addTested(engine, node, binding, engine.assigned(write), values);
	}
}

/** The kinds of values of which there are only so many. A text, or a function with a bound argument, may grow. */
const FINITE: ReadonlySet<Value["kind"]> = new Set(["object", "runtime", "builtin", "nothing"]);

/** A set for the values of a variable that the code builds in several steps: texts are not known. */
function withoutTexts({ solver }: Engine, into: ValueSet): ValueSet {
	const values = new ValueSet();
	solver.onValue(values, (value) =>
		solver.add(into, FINITE.has(value.kind) ? value : unknownValue("a string built in several steps")),
	);
	return values;
}

/**
 * The assignment `name = … name …` around a read of the same name. The read has a value from before the
 * assignment, so the assignment must not feed itself.
 */
function selfAssignment(engine: Engine, node: Node, binding: Binding): Node | undefined {
	for (let inner = node, outer = node.parent; outer !== undefined; inner = outer, outer = outer.parent) {
		if (outer.type.endsWith("Statement") || isFunction(outer) || outer.type === "VariableDeclarator")
			return undefined;
		if (outer.type !== "AssignmentExpression" || outer.right !== inner) continue;
		if (outer.left.type === "Identifier" && engine.scopes.resolve(outer.left) === binding) return outer;
	}
	return undefined;
}
