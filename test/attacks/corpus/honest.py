honest()
