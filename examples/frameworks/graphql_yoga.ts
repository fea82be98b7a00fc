// deno run -A mod.ts examples/frameworks/graphql_yoga.ts
//
// GraphQL Yoga: the server that createYoga makes has a method `fetch`, so it is the default export.

import { createSchema, createYoga } from "npm:graphql-yoga@5.24.1";

export default createYoga({
  graphqlEndpoint: "/",
  schema: createSchema({
    typeDefs: "type Query { hello(name: String!): String! }",
    resolvers: { Query: { hello: (_: unknown, { name }: { name: string }) => `Hello ${name}!` } },
  }),
});

// You see: curl -s -H 'Content-Type: application/json' -d '{"query":"{ hello(name: \"world\") }"}' http://127.0.0.1:8070/ -> {"data":{"hello":"Hello world!"}}
