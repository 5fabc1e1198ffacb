import path from "node:path";
import ts from "typescript";

/** A statement as the code sends it, and what the code believes to get back. */
export type Statement = {
  /** File and line: `src/…:line` */
  where: string;
  /** One text for each way the code may put it together. */
  texts: string[];
  /** Of one row: property to what its type may be. */
  row: Map<string, Believed>;
  /** Which client decodes it: Prisma gives bigint and Decimal, the bare driver text. */
  driver: "prisma" | "pg";
};
type Believed = { text: string; kinds: Set<string> };

type Names = Map<ts.Symbol, ts.Expression>;
const mostWays = 16;

/**
 * Every `$queryRaw<T>`, `$queryRawUnsafe<T>` and `query<T>` of the product with its text and its T, found by the compiler.
 *
 * @returns `untold`: places where the text is only known when it runs.
 */
export function sqlStatements(root: string): { statements: Statement[]; untold: string[] } {
  const file = path.join(root, "tsconfig.json");
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(file, ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const ours = fileNames.filter(
    (name) => /\/src\/(server|workers)\//.test(name) && !/\.test\.ts$|\/generated\//.test(name),
  );
  const program = ts.createProgram(ours, { ...options, noEmit: true, incremental: false });
  const checker = program.getTypeChecker();
  const statements: Statement[] = [];
  const untold: string[] = [];

  for (const source of program.getSourceFiles()) {
    if (!ours.includes(source.fileName)) continue;
    const visit = (node: ts.Node): void => {
      ts.forEachChild(node, visit);
      const asked = askedBy(node);
      if (!asked) return;
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      const where = `${path.relative(root, source.fileName)}:${line}`;
      const row = rowOf(checker.getTypeFromTypeNode(asked.type));
      // A helper that is told its row by its caller.
      if (!row) return;
      const texts = textsOf(asked.sql, new Map());
      // What a cursor answers is said where it is declared.
      if (texts?.some((text) => /^FETCH /.test(text))) untold.push(where);
      else if (texts) statements.push({ where, texts: texts.map(numbered), row, driver: asked.driver });
      else untold.push(where);
    };
    visit(source);
  }
  return { statements, untold };

  function askedBy(node: ts.Node): { sql: ts.Expression; type: ts.TypeNode; driver: Statement["driver"] } | null {
    if (ts.isTaggedTemplateExpression(node) && node.typeArguments?.[0] && isNamed(node.tag, "$queryRaw"))
      return { sql: node, type: node.typeArguments[0], driver: driverOf(node.tag) };
    if (!ts.isCallExpression(node) || !node.typeArguments?.[0] || !node.arguments[0]) return null;
    const [first] = node.arguments;
    if (isNamed(node.expression, "$queryRawUnsafe"))
      return { sql: first, type: node.typeArguments[0], driver: driverOf(node.expression) };
    if (!isNamed(node.expression, "query")) return null;
    return { sql: configured(first), type: node.typeArguments[0], driver: "pg" };
  }

  /** A verb that runs on both clients must get the same from both, so it is held to the narrower one. */
  function driverOf(tag: ts.Expression): Statement["driver"] {
    if (!ts.isPropertyAccessExpression(tag)) return "prisma";
    return checker.typeToString(checker.getTypeAtLocation(tag.expression)) === "SqlTx" ? "pg" : "prisma";
  }

  function configured(argument: ts.Expression): ts.Expression {
    if (!ts.isObjectLiteralExpression(argument)) return argument;
    const text = argument.properties.find((each) => each.name?.getText() === "text");
    return text && ts.isPropertyAssignment(text) ? text.initializer : argument;
  }

  function rowOf(type: ts.Type): Map<string, Believed> | null {
    const row = checker.isTupleType(type)
      ? checker.getTypeArguments(type as ts.TypeReference)[0]
      : (checker.getIndexTypeOfType(type, ts.IndexKind.Number) ?? type);
    if (!row || row.flags & (ts.TypeFlags.TypeParameter | ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return null;
    const believed = new Map<string, Believed>();
    for (const property of checker.getPropertiesOfType(row)) {
      const each = checker.getTypeOfSymbol(property);
      believed.set(property.name, { text: checker.typeToString(each), kinds: kindsOf(each) });
    }
    return believed.size > 0 ? believed : null;
  }

  function kindsOf(type: ts.Type): Set<string> {
    const members = type.isUnion() ? type.types : [type];
    return new Set(
      members.flatMap((member) => {
        const { flags } = member;
        if (flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) return [];
        if (flags & ts.TypeFlags.StringLike) return ["string"];
        if (flags & ts.TypeFlags.NumberLike) return ["number"];
        if (flags & ts.TypeFlags.BooleanLike) return ["boolean"];
        if (flags & ts.TypeFlags.BigIntLike) return ["bigint"];
        if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return ["json"];
        if (checker.isArrayType(member)) {
          const [element] = checker.getTypeArguments(member as ts.TypeReference);
          return element ? [...kindsOf(element)].flatMap((kind) => [`${kind}[]`, "json"]) : ["json"];
        }
        const name = member.symbol?.name ?? "";
        if (["Date", "Uint8Array", "Buffer", "Decimal"].includes(name))
          return [name === "Buffer" ? "Uint8Array" : name];
        // Branded text, such as a UID.
        if (member.isIntersection() && member.types.some((each) => each.flags & ts.TypeFlags.StringLike))
          return ["string"];
        return ["json"];
      }),
    );
  }

  /** Parameters stand as `\0`, to be numbered once all is together. Null: not known before it runs. */
  function textsOf(expression: ts.Expression, names: Names, depth = 0): string[] | null {
    if (depth > 12) return null;
    const again = (each: ts.Expression, known = names): string[] | null => textsOf(each, known, depth + 1);
    if (ts.isNumericLiteral(expression)) return [expression.text.replaceAll("_", "")];
    if (ts.isStringLiteral(expression) || ts.isNoSubstitutionTemplateLiteral(expression)) return [expression.text];
    if (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression)) return again(expression.expression);
    if (ts.isTemplateExpression(expression)) return joined(expression, again, true);
    if (ts.isTaggedTemplateExpression(expression)) {
      if (ts.isNoSubstitutionTemplateLiteral(expression.template)) return [expression.template.text];
      return joined(expression.template, again, false);
    }
    if (ts.isConditionalExpression(expression)) {
      const ways = [again(expression.whenTrue), again(expression.whenFalse)];
      return ways.every((way) => way !== null) ? ways.flat() : null;
    }
    if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.PlusToken) {
      const [left, right] = [again(expression.left), again(expression.right)];
      return left && right ? left.flatMap((a) => right.map((b) => a + b)) : null;
    }
    if (isNamed(expression, "empty")) return [""];
    if (ts.isCallExpression(expression)) {
      if (isNamed(expression.expression, "raw") && expression.arguments[0]) return again(expression.arguments[0]);
      // Conditions that are gathered while it runs: each is checked by Postgres alone, the rest of the statement here.
      if (isNamed(expression.expression, "join"))
        return expression.arguments[1]?.getText() === '" AND "' &&
          expression.arguments[0]?.kind === ts.SyntaxKind.Identifier
          ? ["true"]
          : null;
      return called(expression, names, depth);
    }
    // A fragment's own text, as the driver without Prisma takes it.
    if (isNamed(expression, "text") && ts.isPropertyAccessExpression(expression) && isSql(expression.expression))
      return again(expression.expression);
    const symbol = declared(checker.getSymbolAtLocation(expression));
    if (!symbol) return null;
    const given = names.get(symbol);
    if (given) return again(given);
    const declaration = symbol.valueDeclaration;
    if (declaration && ts.isBindingElement(declaration)) {
      const whole = declaration.parent.parent;
      return ts.isVariableDeclaration(whole) && whole.initializer && isSql(whole.initializer)
        ? again(whole.initializer)
        : null;
    }
    // A condition that the caller brings.
    if (declaration && ts.isParameter(declaration)) return isSql(expression) ? ["true"] : null;
    if (declaration && (ts.isVariableDeclaration(declaration) || ts.isPropertyAssignment(declaration)))
      return declaration.initializer ? again(declaration.initializer) : null;
    return null;
  }

  function joined(
    template: ts.TemplateExpression,
    again: (each: ts.Expression) => string[] | null,
    isText: boolean,
  ): string[] | null {
    let texts = [template.head.text];
    for (const span of template.templateSpans) {
      const ways = isText || isSql(span.expression) ? again(span.expression) : ["\0"];
      if (!ways) return null;
      texts = texts.flatMap((text) => ways.map((way) => text + way + span.literal.text)).slice(0, mostWays);
    }
    return texts;
  }

  function isSql(expression: ts.Expression): boolean {
    return checker.typeToString(checker.getTypeAtLocation(expression)) === "Sql";
  }

  /** A function of one expression, with what it is called with put in its place. */
  function called(call: ts.CallExpression, names: Names, depth: number): string[] | null {
    const symbol = declared(checker.getSymbolAtLocation(call.expression));
    const declaration = symbol?.valueDeclaration;
    const made =
      declaration && ts.isVariableDeclaration(declaration) && declaration.initializer
        ? declaration.initializer
        : declaration;
    if (!made || !(ts.isArrowFunction(made) || ts.isFunctionDeclaration(made)) || !made.body) return null;
    const body = ts.isBlock(made.body)
      ? made.body.statements.length === 1 && ts.isReturnStatement(made.body.statements[0]!)
        ? made.body.statements[0].expression
        : undefined
      : made.body;
    if (!body) return null;
    const known: Names = new Map(names);
    made.parameters.forEach((parameter, at) => {
      const name = checker.getSymbolAtLocation(parameter.name);
      const argument = call.arguments[at] ?? parameter.initializer;
      if (name && argument) known.set(name, argument);
    });
    return textsOf(body, known, depth + 1);
  }

  function declared(symbol: ts.Symbol | undefined): ts.Symbol | undefined {
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }
}

const isNamed = (expression: ts.Expression, name: string): boolean =>
  ts.isPropertyAccessExpression(expression) && expression.name.text === name;

function numbered(text: string): string {
  let count = 0;
  return text.replaceAll("\0", () => `$${++count}`);
}
