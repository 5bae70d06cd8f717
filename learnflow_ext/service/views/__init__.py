"""What the teacher's pages say, a module a subject: rows turned into tables and sentences. Pure."""
