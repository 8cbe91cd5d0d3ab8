// The peer of bench/sdk_server.cpp: the same tools, by the official TypeScript SDK. Usage: sdk_server.mjs PORT
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { createServer } from 'node:http'
import { z } from 'zod'

const words = text => ({ content: [{ type: 'text', text }] })
const echo = z.object({ text: z.string().describe('What to say') })
const search = z.object({
  query: z.string().min(1).max(200).describe('What to look for'),
  limit: z.int().min(1).max(100).default(10).describe('How many'),
  tags: z.array(z.string()).max(20).default([]).describe('Only with these'),
})

const make = () => {
  const server = new McpServer({ name: 'bench', version: '1.0' })
  server.registerTool('echo', { description: 'Says it again.', inputSchema: echo }, ({ text }) => words(text))
  for (let i = 0; i < 9; ++i)
    server.registerTool(`search_${i}`, { description: 'Searches one of nine shelves.', inputSchema: search }, ({ query }) => words(`nothing about ${query}`))
  return server
}

createServer(toNodeHandler(createMcpHandler(make))).listen(Number(process.argv[2]), '127.0.0.1')
