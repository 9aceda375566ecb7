// Draws the reference from openapi.json. Texts go into the page as texts, never as markup.
"use strict";

const METHODS = ["get", "post", "patch", "put", "delete"];
let schemas = {};

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  Object.entries(attributes || {}).forEach(([key, value]) => element.setAttribute(key, value));
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Paragraphs with `code`, the only markup that the descriptions use.
function prose(text) {
  return (text || "").split(/\n\n+/).filter(Boolean).map((paragraph) => {
    const parts = paragraph.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
    return make("p", {}, ...parts);
  });
}

function nameOf(reference) {
  return reference.split("/").pop();
}

// A type in a few words, with links to the schemas it names.
function words(schema) {
  if (!schema || schema === true) return ["anything"];
  if (schema.$ref) return [make("a", { href: `#schema-${nameOf(schema.$ref)}` }, nameOf(schema.$ref))];
  const choices = schema.oneOf || schema.anyOf;
  if (choices) return choices.flatMap((choice, index) => [index ? " or " : "", ...words(choice)]);
  if (schema.allOf) return schema.allOf.flatMap(words);
  if (schema.const !== undefined) return [make("code", {}, JSON.stringify(schema.const))];
  if (schema.enum) return schema.enum.flatMap((value, index) => [index ? ", " : "", make("code", {}, String(value))]);
  if (schema.items) return ["list of ", ...words(schema.items)];
  if (schema.additionalProperties) return ["names with ", ...words(schema.additionalProperties)];
  const type = [].concat(schema.type || "anything").join(" or ");
  return [schema.format ? `${type} (${schema.format})` : type];
}

function table(head, rows) {
  const cells = (tag, row) => make("tr", {}, ...row.map((cell) => make(tag, {}, ...[].concat(cell))));
  return make("table", {}, make("thead", {}, cells("th", head)), make("tbody", {}, ...rows.map((row) => cells("td", row))));
}

function properties(schema) {
  const required = new Set(schema.required || []);
  return table(["key", "type", ""], Object.entries(schema.properties).map(([name, property]) => [
    make("code", {}, name), words(property), [required.has(name) ? "" : make("p", { class: "dim" }, "optional"), ...prose(property.description)],
  ]));
}

function content(of) {
  return Object.entries(of.content || {}).flatMap(([type, media], index) =>
    [index ? "; " : "", make("code", {}, type), " ", ...(media.schema ? words(media.schema) : [])]);
}

function operation(path, method, of) {
  const parts = [make("h3", {}, make("span", { class: "method" }, method.toUpperCase()), path), ...prose(of.summary), ...prose(of.description)];
  if (of.parameters && of.parameters.length) {
    parts.push(make("h4", {}, "Parameters"), table(["name", "in", "type", ""], of.parameters.map((parameter) => [
      make("code", {}, parameter.name), parameter.in, words(parameter.schema), prose(parameter.description),
    ])));
  }
  if (of.requestBody) parts.push(make("h4", {}, "Body"), make("p", {}, ...content(of.requestBody)));
  parts.push(make("h4", {}, "Answers"), table(["status", "", "body"], Object.entries(of.responses).sort().map(([status, response]) => [
    status, prose(response.description), content(response),
  ])));
  return make("section", { id: of.operationId }, ...parts);
}

function draw(api) {
  schemas = api.components.schemas;
  const contents = document.getElementById("contents");
  const reference = document.getElementById("reference");
  reference.append(make("h1", {}, `${api.info.title} ${api.info.version}`), ...prose(api.info.description));
  for (const tag of api.tags) {
    contents.append(make("h2", {}, tag.name));
    reference.append(make("h2", {}, tag.description));
    for (const [path, item] of Object.entries(api.paths)) {
      for (const method of METHODS.filter((name) => item[name] && item[name].tags.includes(tag.name))) {
        reference.append(operation(path, method, item[method]));
        contents.append(make("a", { href: `#${item[method].operationId}` }, `${method.toUpperCase()} ${path.replace("/api/v1", "")}`));
      }
    }
  }
  contents.append(make("h2", {}, "schemas"));
  reference.append(make("h2", {}, "Schemas"));
  for (const [name, schema] of Object.entries(schemas)) {
    contents.append(make("a", { href: `#schema-${name}` }, name));
    const body = schema.properties ? properties(schema) : make("p", {}, ...words(schema));
    reference.append(make("section", { id: `schema-${name}` }, make("h3", {}, name), ...prose(schema.description), body));
  }
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

fetch("/api/v1/openapi.json")
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`the server answers ${answer.status}`))))
  .then(draw)
  .catch((error) => document.getElementById("reference").append(make("p", {}, `The description cannot be shown: ${error.message}`)));
